/** Where an item of the file system lies, or the encrypted file of an archived one. */
export interface ItemPlace {
  id: string;
  location: string;
}
