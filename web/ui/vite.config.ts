import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const WORKER = 'kiosk-shell.js';
/** What the workstation's page loads later by itself, and must have without a line. */
const KIOSK = ['/src/kiosk/Kiosk.tsx', '/src/kiosk/Enrol.tsx', '/src/kiosk/NoLine.tsx', '/src/kiosk/device.ts'];
/** Latvian and English are written with these. */
const FONTS = /source-sans-3-latin(-ext)?-.*\.woff2$/;

/** Writes into the workstation's worker which files of this build it keeps (`src/kiosk/shell`). */
function kioskShell(): Plugin {
  return {
    name: 'kiosk-shell',
    apply: 'build',
    generateBundle: {
      // the page is written by then
      order: 'post',
      async handler(_, bundle) {
        const [page, worker] = [bundle['index.html'], bundle[WORKER]];
        if (page?.type !== 'asset' || worker?.type !== 'chunk') throw new Error('no page, or no worker for it');
        const html = String(page.source);
        const files = new Set<string>();
        const take = (name: string): void => {
          if (files.has(name)) return;
          files.add(name);
          const chunk = bundle[name];
          if (chunk?.type !== 'chunk') return;
          chunk.imports.forEach(take);
          chunk.viteMetadata?.importedCss.forEach(take);
        };
        for (const [, name] of html.matchAll(/(?:src|href)="\/([^"]+)"/g)) if (name) take(name);
        const chunks = Object.values(bundle).filter((each) => each.type === 'chunk');
        for (const module of KIOSK) {
          const chunk = chunks.find((each) => each.moduleIds.some((id) => id.endsWith(module)));
          if (!chunk) throw new Error(`nothing was built of ${module}`);
          take(chunk.fileName);
        }
        Object.keys(bundle).filter((name) => FONTS.test(name)).forEach(take);
        const kept = [...files].sort().map((name) => `/${name}`);
        const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(html + kept.join()));
        const version = [...new Uint8Array(digest)].slice(0, 6).map((byte) => byte.toString(16).padStart(2, '0')).join('');
        if (!worker.code.includes('__SHELL__')) throw new Error('the worker does not say what it keeps');
        worker.code = worker.code.replace('__SHELL__', () => JSON.stringify({ version, files: kept }));
      },
    },
  };
}

// The control plane serves what is built here; nothing is inlined, so that the content security policy can be strict.
export default defineConfig({
  plugins: [react(), kioskShell()],
  base: '/',
  define: { __SHELL_CACHE__: JSON.stringify('klatiene-kiosk-') },
  build: {
    outDir: '../static/app',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: 'es2022',
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      input: { index: 'index.html', 'kiosk-shell': 'src/kiosk/shell/worker.ts' },
      // a worker's address stays: browsers compare what is behind it
      output: { entryFileNames: ({ name }) => (name === 'kiosk-shell' ? WORKER : 'assets/[name]-[hash].js') },
    },
  },
  server: { proxy: { '/api': 'http://localhost:8080', '/ws': { target: 'ws://localhost:8080', ws: true } } },
  test: { environment: 'jsdom', include: ['src/**/*.test.{ts,tsx}'] },
});
