// A second click on a button that is at work does nothing.

for (const form of document.querySelectorAll("[data-once]")) {
  const buttons = form.querySelectorAll("button[type=submit]");
  const mark = (busy) => {
    form.dataset.once = busy ? "sent" : "";
    for (const button of buttons) button.setAttribute("aria-disabled", String(busy));
  };
  form.addEventListener("submit", (event) => {
    if (form.dataset.once === "sent") event.preventDefault();
    else mark(true);
  });
  // Back from the next page, the form may be sent again.
  window.addEventListener("pageshow", (event) => event.persisted && mark(false));
}
