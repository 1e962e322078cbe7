const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

class Html {
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

const render = (value) => {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(render).join('');
  return String(value ?? '').replace(/[&<>"']/g, (char) => ENTITIES[char]);
};

/** A template whose values are escaped unless they are templates themselves. */
export function html(strings, ...values) {
  return new Html(strings.reduce((text, part, at) => text + render(values[at - 1]) + part));
}
