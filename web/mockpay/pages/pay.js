// The time that is left to pay, and a payment that is never shown as it was.

const clock = document.querySelector('[data-left]');
const two = (n) => String(n).padStart(2, '0');

function count() {
  const s = Math.ceil((clock.dataset.left - performance.now()) / 1000);
  if (s > 0) {
    clock.textContent = `${s >= 3600 ? `${Math.floor(s / 3600)}:` : ''}${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
    return;
  }
  clock.textContent = clock.dataset.over;
  document.querySelector('[value=pay]').disabled = true;
  clearInterval(counting);
}
const counting = clock && setInterval(count, 200);
if (clock) count();

// The browser may bring this page back as it was left, with a button to pay what is paid.
addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
