// Colors as lists of red, green and blue, and how they mix.

function colorOf(text) {
  const digits = text.trim().slice(1);
  return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16));
}

function mixed(one, two, share) {
  return one.map((value, axis) => value + share * (two[axis] - value));
}

function css(color, alpha = 1) {
  return `rgba(${color.map((value) => Math.round(value)).join(",")},${alpha.toFixed(3)})`;
}

/** The page's colors, read from its style sheet, so that both themes are told in one place. */
function readColors() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => colorOf(style.getPropertyValue(`--tgs-${name}`));
  return {
    ground: read("stage"),
    ink: read("ink"),
    faint: read("faint"),
    shadow: read("shadow"),
    dark: document.documentElement.dataset.theme === "dark",
    link: read("link"),
    persons: [0, 1, 2, 3, 4, 5].map((number) => read(`person-${number}`)),
    heat: [0, 1, 2, 3].map((number) => read(`heat-${number}`)),
  };
}

function heatColor(colors, share) {
  const place = Math.max(0, Math.min(1, share)) * (colors.heat.length - 1);
  const step = Math.min(Math.floor(place), colors.heat.length - 2);
  return mixed(colors.heat[step], colors.heat[step + 1], place - step);
}
