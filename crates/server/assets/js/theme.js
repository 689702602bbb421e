// Changes between light and dark without loading the page anew.
// Without this script the same form asks the server to set the cookie. The form of preferences, where there is
// one, follows, so that saving it does not undo the change.

const YEAR = 365 * 24 * 60 * 60;

for (const form of document.querySelectorAll("[data-theme-switch]")) {
  form.addEventListener("submit", (event) => {
    const theme = event.submitter?.value;
    if (!theme) return;
    event.preventDefault();
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `bailiwick-theme=${theme}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
    document.documentElement.dataset.theme = theme;
    for (const button of form.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.value === theme));
    }
    const preference = document.getElementById("theme");
    if (preference) preference.value = theme;
  });
}
