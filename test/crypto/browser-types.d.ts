// Names that the declarations of zip.js take from a browser's; nothing here uses what they stand for.
interface FileSystemHandle {
  readonly kind: string;
}
interface FileSystemDirectoryHandle extends FileSystemHandle {
  readonly name: string;
}
