// React Native has no WebAssembly: under its condition the package is a stub that says so.
export async function reactNative({ folder, report }) {
  const args = ["--conditions=react-native", "unsupported.mjs"];
  await report.counted("react-native", process.execPath, args, { cwd: folder });
}
