// Makes elements. Text always goes in as text, never as markup.

const svgSpace = 'http://www.w3.org/2000/svg';

// el('p', {class: 'x', onclick: f, hidden: true}, 'text', child). A property
// that is null, undefined or false is left out.
export function el(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function svg(tag, props, ...children) {
  return fill(document.createElementNS(svgSpace, tag), props, children);
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

// setText touches the page only when the text is another one, so that a
// screen reader is not told the same again.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttr(node, name, value) {
  if (value === false || value === null || value === undefined) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value === true ? '' : value)) node.setAttribute(name, value === true ? '' : value);
}

// announce says something to a screen reader without showing it.
export function announce(text) {
  setText(document.getElementById('announce'), text);
}

const paths = {
  check: 'M5 12.5 10 17.5 19 7',
  cross: 'M6.5 6.5 17.5 17.5M17.5 6.5 6.5 17.5',
  clock: 'M12 6.5V12l3.5 2.2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  back: 'M14.5 5.5 8 12l6.5 6.5',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.5 8.5c.6-4 3.600-6 7.500-6s6.900 2 7.500 6',
};

export function icon(name) {
  return svg('svg', { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true', fill: 'none', stroke: 'currentColor', 'stroke-width': 2, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' },
    svg('path', { d: paths[name] }));
}
