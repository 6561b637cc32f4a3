/** What the names of the shell's caches begin with; written in by the build (vite.config.ts). */
declare const __SHELL_CACHE__: string;
