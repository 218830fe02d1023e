// Forms with data-llave ask the browser to make a passkey ("create") or to sign with one ("get") before they are sent.
for (const form of document.querySelectorAll("form[data-llave]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const options = JSON.parse(form.dataset.opciones);
    try {
      const made = form.dataset.llave === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      form.elements.respuesta.value = JSON.stringify(made.toJSON());
      form.submit();
    } catch {
      form.querySelector("[role=alert]").hidden = false;
    }
  });
}
