// Says something to a screen reader without showing it. The page's HTML has the
// live region, since one that comes with its text is often not read.

export function announce(text) {
  const region = document.getElementById('announce');
  if (region && region.textContent !== text) region.textContent = text;
}
