export { requestTimestamp } from './timestamp-authority.js';
export { type TimestampRequest, timestampRequest } from './timestamp-request.js';
export { timestampToken } from './timestamp-token.js';
export { nonceOf, type Timestamp, verifyTimestamp } from './timestamp-verification.js';
