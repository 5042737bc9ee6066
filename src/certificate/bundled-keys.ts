import { verifyText } from '../crypto/index.js';
import type { BundleFiles } from './bundle-contents.js';
import type { CertificateDocument } from './certificate-format.js';
import { type CheckResult, check } from './check-result.js';
import { counterSignatureCheck } from './countersignature.js';

/** Checks approvals and counter-signatures by the public keys that the bundle brings along. */
export function bundledKeyChecks(
  document: CertificateDocument,
  certificate: { number: string; jsonSha256: string },
  files: BundleFiles,
): CheckResult[] {
  const approvals = document.approvals.flatMap(({ operator, statement, signature }) => {
    const key = files.get(`approvals/${operator}.pub.pem`)?.toString('utf8');
    if (key === undefined) return [];
    const passed = verifyText(statement, signature, key);
    const text = passed
      ? `The approval of ${operator} is by the key of ${operator} in this bundle`
      : `The approval of ${operator} is not by the key of ${operator} in this bundle`;
    return [check('approval', passed, text)];
  });
  const countersigned = [...files.keys()].flatMap((name) => {
    const operator = /^countersignatures\/(.+)\.statement$/.exec(name)?.[1];
    if (operator === undefined) return [];
    const part = (suffix: string) => files.get(`countersignatures/${operator}.${suffix}`) ?? Buffer.alloc(0);
    const given = {
      operator,
      statement: part('statement').toString('utf8'),
      signature: part('sig').toString('base64'),
    };
    return [counterSignatureCheck(given, certificate, part('pub.pem').toString('utf8'))];
  });
  return [...approvals, ...countersigned];
}
