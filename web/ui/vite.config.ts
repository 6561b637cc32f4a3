import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// The control plane serves what is built here; nothing is inlined, so that the content security policy can be strict.
export default defineConfig({
  plugins: [react()],
  base: '/',
  build: {
    outDir: '../static/app',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: 'es2022',
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/api': 'http://localhost:8080', '/ws': { target: 'ws://localhost:8080', ws: true } } },
  test: { environment: 'jsdom', include: ['src/**/*.test.{ts,tsx}'] },
});
