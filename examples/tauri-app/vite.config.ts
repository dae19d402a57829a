import { defineConfig } from "vite";

export default defineConfig({
  clearScreen: false, // Rust's messages stay to be read.
  server: {
    port: 1420,
    strictPort: true, // It is the port that tauri.conf.json names.
    watch: { ignored: ["**/src-tauri/**", "**/backend/**", "**/.venv/**"] },
  },
  build: { target: "es2022" },
});
