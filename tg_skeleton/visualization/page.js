// The switch between light and dark; at first the reader's system decides, or `#theme=dark`.

const wanted = new URLSearchParams(location.hash.slice(1)).get("theme");
const system = window.matchMedia("(prefers-color-scheme: dark)");
const switcher = document.querySelector(".tgs-theme");
let chosen = ["light", "dark"].includes(wanted) ? wanted : null;

function dress() {
  const theme = chosen ?? (system.matches ? "dark" : "light");
  document.documentElement.dataset.theme = theme;
  switcher.textContent = theme === "dark" ? "Light" : "Dark";
  switcher.setAttribute("aria-label", `Change to the ${theme === "dark" ? "light" : "dark"} theme`);
}

switcher.addEventListener("click", () => {
  chosen = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  dress();
});
system.addEventListener("change", dress);
dress();
