// The token of a one-time link comes after "#", which no server sees; this puts it into the form.
const token = location.hash.slice(1);
if (token) {
  document.getElementById("codigo").value = token;
  history.replaceState(null, "", location.pathname);
}
