// Tells the window that opened this one what was created: that origin, and no other.

for (const { dataset } of document.querySelectorAll("[data-opener-message]")) {
  window.opener?.postMessage(JSON.parse(dataset.openerMessage), dataset.openerOrigin);
}
