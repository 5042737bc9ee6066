export { recordReading, recordRefusal } from './command-entries.js';
export { knownSubject, type SubjectKind } from './known-subject.js';
export { deliver } from './log-finish.js';
export { openSession, type Session, type SessionOptions } from './session.js';
export {
  type CreatedWorkspace,
  createWorkspace,
  type WorkspaceRequest,
} from './workspace-creation.js';
export { requireUsable } from './workspace-folder.js';
