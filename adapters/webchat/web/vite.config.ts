import { defineConfig } from 'vite';

// One classic script with a stable name, beside the demo's files from public/.
// The server adds an ETag and gzip; see ../assets.go.
export default defineConfig({
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2020',
    sourcemap: false,
    modulePreload: false,
    lib: { entry: 'src/main.ts', formats: ['iife'], name: 'FrontdeskWidget', fileName: () => 'widget.js' },
  },
});
