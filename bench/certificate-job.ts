import { makeFiles } from '../src/certificate/certificate-files.js';
import { certificateDocument } from '../src/certificate/index.js';
import { makeSignerCertificate } from '../src/crypto/index.js';
import { sampleFacts } from '../test/certificate/sample-facts.js';

// Makes the signed files of a certificate of so many items, and says how long that took and how large they are.
const [count = '10000'] = process.argv.slice(2);
const validity = { from: new Date('2026-01-01T00:00:00Z'), until: new Date('2046-01-01T00:00:00Z') };
const names = { organization: 'Pioneer Valley Staffing, Inc.', commonName: 'Certificates of destruction' };
const identity = { ...(await makeSignerCertificate(names, validity)), chain: [] };
const facts = sampleFacts(Number(count), {
  signer: { name: names.commonName, certificateSha256: '0'.repeat(64) },
});
const begun = performance.now();
const before = process.cpuUsage();
const { files } = await makeFiles(certificateDocument(facts), identity);
console.log(
  JSON.stringify({
    ms: Math.round(performance.now() - begun),
    cpu: Math.round((process.cpuUsage(before).user + process.cpuUsage(before).system) / 1000),
    json: files.json.length,
    pdf: files.pdf.length,
    rss: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
);
