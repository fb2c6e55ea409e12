// The modules that `build.mjs` provides: wasm-bindgen's glue as a factory, and the module's bytes.
declare module "postseal:glue" {
  const makeGlue: () => import("./core.js").Glue;
  export default makeGlue;
}
declare module "postseal:bytes" {
  const text: string;
  export default text;
}
declare module "*/core.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
declare module "*/core.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
declare module "postseal:identity" {
  /** The length of this version's `core.wasm`, and the text of its custom section `postseal`. */
  const identity: { readonly bytes: number; readonly fingerprint: string };
  export default identity;
}
