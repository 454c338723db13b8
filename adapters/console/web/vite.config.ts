import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Names are stable and chunks follow dependencies, so that a commit of the built
// pages changes few files.
export default defineConfig({
  base: '/console/',
  plugins: [react()],
  html: { cspNonce: '__NONCE__' },
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    sourcemap: false,
    target: 'es2022',
    chunkSizeWarningLimit: 1500,
    assetsInlineLimit: 0,
    rollupOptions: {
      output: {
        entryFileNames: 'assets/[name].js',
        chunkFileNames: 'assets/[name].js',
        assetFileNames: 'assets/[name][extname]',
        manualChunks: (id: string) => {
          if (!id.includes('node_modules')) return undefined;
          return /node_modules\/(react|react-dom|scheduler|@tanstack)\//.test(id) ? 'react' : 'antd';
        },
      },
    },
  },
  server: { proxy: { '/console/api': { target: 'http://127.0.0.1:8090', ws: true }, '/console/media': 'http://127.0.0.1:8090' } },
});
