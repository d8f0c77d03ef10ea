// Sets the chosen colour scheme before the first paint. A file of its own, because the content
// security policy allows no inline script.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("hookswitch-scheme");
  } catch (e) {
    chosen = null;
  }
  var dark = matchMedia("(prefers-color-scheme: dark)").matches;
  var scheme = chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
  document.documentElement.setAttribute("data-mantine-color-scheme", scheme);
})();
