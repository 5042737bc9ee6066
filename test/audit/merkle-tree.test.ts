import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consistencyProof,
  EMPTY_ROOT,
  Frontier,
  inclusionProof,
  leafHash,
  type NodeSource,
  nodeHash,
  rootAt,
  verifyConsistency,
  verifyInclusion,
} from '../../src/audit/merkle-tree.js';

/** Leaves and roots of the tests of the certificate-transparency reference implementation. */
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** The definition of RFC 6962, section 2.1, word for word; nothing shared with the code under test. */
function naiveRoot(leaves: readonly Buffer[]): Buffer {
  const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return sha256(Buffer.of(0), leaves[0] as Buffer);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Buffer.of(1), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

function sourceOf(leaves: readonly Buffer[]): NodeSource {
  return {
    node: (level, position) => {
      const count = 2 ** level;
      expect((position + 1) * count, 'only complete subtrees are asked for').toBeLessThanOrEqual(
        leaves.length,
      );
      return Promise.resolve(naiveRoot(leaves.slice(position * count, (position + 1) * count)));
    },
  };
}

const REFERENCE = LEAVES.map((hex) => Buffer.from(hex, 'hex'));

describe('the tree', () => {
  it('has the roots of the reference implementation', async () => {
    const frontier = new Frontier();
    expect(frontier.root()).toEqual(EMPTY_ROOT);
    expect(EMPTY_ROOT.toString('hex')).toBe(createHash('sha256').digest('hex'));
    for (const [at, leaf] of REFERENCE.entries()) {
      frontier.append(leafHash(leaf));
      expect(frontier.root().toString('hex')).toBe(ROOTS[at]);
      expect((await rootAt(sourceOf(REFERENCE), at + 1)).toString('hex')).toBe(ROOTS[at]);
    }
  });

  it('proves inclusion and consistency as the reference implementation does', async () => {
    const hex = (proof: readonly Buffer[]) => proof.map((hash) => hash.toString('hex').slice(0, 8));
    const source = sourceOf(REFERENCE);
    expect(hex(await inclusionProof(source, 0, 1))).toEqual([]);
    expect(hex(await inclusionProof(source, 0, 8))).toEqual(['96a296d2', '5f083f0a', '6b47aaf2']);
    expect(hex(await inclusionProof(source, 5, 8))).toEqual(['bc1a0643', 'ca854ea1', 'd37ee418']);
    expect(hex(await inclusionProof(source, 2, 3))).toEqual(['fac54203']);
    expect(hex(await consistencyProof(source, 1, 1))).toEqual([]);
    expect(hex(await consistencyProof(source, 1, 8))).toEqual(['96a296d2', '5f083f0a', '6b47aaf2']);
    expect(hex(await consistencyProof(source, 6, 8))).toEqual(['0ebc5d34', 'ca854ea1', 'd37ee418']);
    expect(hex(await consistencyProof(source, 2, 5))).toEqual(['5f083f0a', 'bc1a0643']);
  });

  it('agrees with the definition for any leaves, by leaves and by whole subtrees', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 3 }), { maxLength: 70 }),
        fc.nat({ max: 70 }),
        async (data, split) => {
          const leaves = data.map((each) => Buffer.from(each));
          const frontier = new Frontier();
          for (const leaf of leaves) frontier.append(leafHash(leaf));
          expect(frontier.root()).toEqual(naiveRoot(leaves));
          expect(await rootAt(sourceOf(leaves), leaves.length)).toEqual(naiveRoot(leaves));
          const taken = Math.min(split, leaves.length);
          const again = new Frontier(taken, frontierOf(leaves.slice(0, taken)).peaks);
          for (const leaf of leaves.slice(taken)) again.append(leafHash(leaf));
          expect(again.root()).toEqual(naiveRoot(leaves));
          const chunks = new Frontier();
          for (let at = 0; at + 8 <= leaves.length; at += 8)
            chunks.appendSubtree(3, naiveRoot(leaves.slice(at, at + 8)));
          expect(chunks.root()).toEqual(naiveRoot(leaves.slice(0, chunks.size)));
        },
      ),
      { numRuns: 60 },
    );
  });
});

function frontierOf(leaves: readonly Buffer[]): Frontier {
  const frontier = new Frontier();
  for (const leaf of leaves) frontier.append(leafHash(leaf));
  return frontier;
}

describe('proofs', () => {
  const sized = fc.integer({ min: 1, max: 80 }).chain((size) =>
    fc.record({
      size: fc.constant(size),
      first: fc.nat({ max: size - 1 }),
      wrong: fc.nat({ max: size - 1 }),
    }),
  );
  const leavesOf = (size: number) => Array.from({ length: size }, (_, at) => Buffer.from(`leaf ${at}`));

  it('of inclusion verify for their leaf, and for no other leaf, place, size or root', async () => {
    await fc.assert(
      fc.asyncProperty(sized, async ({ size, first: index, wrong }) => {
        const leaves = leavesOf(size);
        const tree = { size, root: naiveRoot(leaves) };
        const hash = leafHash(leaves[index] as Buffer);
        const proof = await inclusionProof(sourceOf(leaves), index, size);
        expect(verifyInclusion(proof, { index, hash }, tree)).toBe(true);
        if (wrong !== index) {
          expect(verifyInclusion(proof, { index: wrong, hash }, tree)).toBe(false);
          expect(verifyInclusion(proof, { index, hash: leafHash(leaves[wrong] as Buffer) }, tree)).toBe(
            false,
          );
        }
        expect(verifyInclusion(proof, { index, hash }, { size, root: nodeHash(tree.root, hash) })).toBe(
          false,
        );
        expect(verifyInclusion([...proof, hash], { index, hash }, tree)).toBe(false);
        if (proof.length > 0) expect(verifyInclusion(proof.slice(1), { index, hash }, tree)).toBe(false);
        for (const [at] of proof.entries()) {
          const changed = proof.map((each, place) => (place === at ? nodeHash(each, each) : each));
          expect(verifyInclusion(changed, { index, hash }, tree)).toBe(false);
        }
        expect(verifyInclusion(proof, { index: size, hash }, tree)).toBe(false);
        expect(verifyInclusion(proof, { index: -1, hash }, tree)).toBe(false);
      }),
      { numRuns: 80 },
    );
  });

  it('of consistency verify for their two trees, and not where the older one is no beginning of the newer', async () => {
    await fc.assert(
      fc.asyncProperty(sized, async ({ size, first: olderSize, wrong }) => {
        const leaves = leavesOf(size);
        const older = { size: olderSize, root: naiveRoot(leaves.slice(0, olderSize)) };
        const newer = { size, root: naiveRoot(leaves) };
        const proof = await consistencyProof(sourceOf(leaves), olderSize, size);
        expect(verifyConsistency(proof, older, newer)).toBe(true);
        if (olderSize === 0) return;
        const forged = leaves.map((leaf, at) => (at === wrong % olderSize ? Buffer.from('forged') : leaf));
        const other = { size: olderSize, root: naiveRoot(forged.slice(0, olderSize)) };
        expect(verifyConsistency(proof, other, newer)).toBe(false);
        const honest = await consistencyProof(sourceOf(forged), olderSize, size);
        expect(verifyConsistency(honest, older, { size, root: naiveRoot(forged) })).toBe(false);
        expect(verifyConsistency(proof, { ...older, size: olderSize + 1 }, newer)).toBe(false);
        expect(verifyConsistency([...proof, older.root], older, newer)).toBe(false);
        expect(verifyConsistency(proof.slice(1), older, newer)).toBe(proof.length === 0);
        expect(verifyConsistency(proof, newer, older)).toBe(false);
      }),
      { numRuns: 80 },
    );
  });
});
