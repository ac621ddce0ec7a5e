// Build and development server. `npm run dev` talks to a running host: JACKFIELD_URL, by default http://127.0.0.1:7700.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const host = process.env.JACKFIELD_URL ?? 'http://127.0.0.1:7700';
const proxied = ['/api', '/tasks', '/execute', '/workflow', '/health', '/openapi.json'];

export default defineConfig({
  base: '/',
  plugins: [svelte()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(
      // The host accepts a session only from its own origin.
      proxied.map((path) => [path, { target: host, changeOrigin: true, headers: { origin: host } }]),
    ),
  },
  test: { include: ['src/**/*.test.ts'] },
});
