// In JavaScript because the declarations of the package do not compile.
export * as vectors from 'cctv-age';
