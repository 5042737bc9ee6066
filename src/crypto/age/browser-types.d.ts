// Types of browsers that the declarations of age-encryption name. Nothing here uses what they stand for.
type CryptoKey = import('node:crypto').webcrypto.CryptoKey;
interface AuthenticationExtensionsPRFValues {
  first: ArrayBuffer | ArrayBufferView;
  second?: ArrayBuffer | ArrayBufferView;
}
