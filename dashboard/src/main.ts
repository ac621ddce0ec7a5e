import { mount } from 'svelte';
import './app.css';
import { applyPrefs } from './app/prefs.svelte';
import App from './shell/App.svelte';

applyPrefs();

// After an upgrade of the host, the code of a page may be gone: load the new shell, once.
window.addEventListener('vite:preloadError', (event) => {
  const last = Number(sessionStorage.getItem('jackfield.reloaded') ?? 0);
  if (Date.now() - last < 30_000) return;
  sessionStorage.setItem('jackfield.reloaded', String(Date.now()));
  event.preventDefault();
  location.reload();
});

mount(App, { target: document.getElementById('app')! });
