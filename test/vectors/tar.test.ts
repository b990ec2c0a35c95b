import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/core/index.ts';
import { type UnpackOutcome, UnpackSandbox } from '../fixtures/unpack-sandbox.ts';

const vectors = path.join(import.meta.dirname, '..', '..', '..', 'shared', 'vectors', 'tar');
const present = existsSync(vectors);
if (!present) console.info(`tar vectors: skipped, there is no folder ${vectors}`);

/** Unpacked, with this many files; this many links were left out. */
const accepted: readonly (readonly [file: string, files: number, links: number])[] = [
  ['alexcrichton-tar-rs/biguid_pax.tar', 1, 0],
  ['alexcrichton-tar-rs/duplicate_dirs.tar', 0, 0],
  ['alexcrichton-tar-rs/link.tar', 1, 1],
  ['alexcrichton-tar-rs/xattrs.tar', 1, 0],
  ['astral-sh-tokio-tar/pax-hidden-entry.tar', 3, 0],
  ['astral-sh-tokio-tar/pax-phantom-entry.tar', 2, 0],
  ['astral-sh-tokio-tar/pax2.tar', 0, 0],
  ['astral-sh-tokio-tar/paxlongname.tar', 1, 0],
  ['codeclysm-extract/archive.tar.gz', 3, 2],
  ['codeclysm-extract/evil-link-traversal.tar', 0, 1],
  ['codeclysm-extract/permissions.tar', 6, 0],
  ['google-osv-scalibr/empty.tar', 0, 0],
  ['google-osv-scalibr/symlink-attack.tar', 6, 0],
  ['google-osv-scalibr/symlink-cycle.tar', 6, 0],
  ['google-osv-scalibr/symlink-depth-exceeded.tar', 6, 0],
  ['google-safearchive/xattr.tar', 1, 0],
  ['hashicorp-go-getter/empty.tar.gz', 0, 0],
  ['hashicorp-go-getter/extended_header.tar', 2, 0],
  ['hashicorp-go-getter/permissions.tar', 4, 0],
  ['hashicorp-go-slug/subdir-appears-first.tar.gz', 1, 0],
  ['isaacs-node-tar/body-byte-counts.tar', 4, 0],
  ['isaacs-node-tar/dir-normalization.tar', 1, 2],
  ['isaacs-node-tar/links-invalid.tar', 1, 2],
  ['isaacs-node-tar/links.tar', 1, 2],
  ['isaacs-node-tar/long-linkname.tar', 0, 1],
  ['isaacs-node-tar/next-file-has-long.tar', 1, 1],
  ['isaacs-node-tar/null-byte.tar', 1, 0],
  ['libarchive-libarchive/test_read_format_tar_pax_negative_time.tar', 1, 0],
  ['mafintosh-tar-fs/valid.tar', 1, 1],
  ['mafintosh-tar-stream/large-uid-gid.tar', 1, 0],
  ['mafintosh-tar-stream/name-is-100.tar', 1, 0],
  ['mholt-archives/gnu-hardlinks.tar', 1, 1],
  ['oras-project-oras-go/cleaned_path.tar', 3, 2],
  ['regclient-regclient/layer-wh.tar', 4, 0],
  ['regclient-regclient/layer.tar', 3, 0],
  ['vbatts-tar-split/file-and-dir.tar', 1, 0],
  ['vbatts-tar-split/gnu-utf8.tar', 1, 0],
  ['vbatts-tar-split/gnu.tar', 2, 0],
  ['vbatts-tar-split/hardlink.tar', 1, 1],
  ['vbatts-tar-split/invalid-go17.tar', 1, 0],
  ['vbatts-tar-split/longlink.tar.gz', 1, 0],
  ['vbatts-tar-split/pax-records.tar', 1, 0],
  ['vbatts-tar-split/star.tar', 2, 0],
  ['vbatts-tar-split/trailing-slash.tar', 0, 0],
  ['vbatts-tar-split/ustar-file-devs.tar', 1, 0],
  ['vbatts-tar-split/ustar.tar', 1, 0],
  ['vbatts-tar-split/writer.tar', 2, 1],
  ['vbatts-tar-split/xattrs.tar', 2, 0],
];

const refused: readonly (readonly [file: string, code: ErrorCode])[] = [
  ['alexcrichton-tar-rs/empty_filename.tar', 'ARCHIVE_PATH_UNSAFE'],
  ['alexcrichton-tar-rs/pax_size.tar', 'ARCHIVE_MALFORMED'],
  ['alexcrichton-tar-rs/spaces.tar', 'ARCHIVE_MALFORMED'],
  ['alexcrichton-tar-rs/sparse-1.tar', 'ARCHIVE_ENTRY_REFUSED'],
  ['astral-sh-tokio-tar/diff-024-pending-pax-boundary.tar', 'ARCHIVE_MALFORMED'],
  ['astral-sh-tokio-tar/diff-039-truncated-entry-body.tar', 'ARCHIVE_MALFORMED'],
  ['astral-sh-tokio-tar/pax-header-precedence.tar', 'ARCHIVE_MALFORMED'],
  ['codeclysm-extract/evil.tar', 'ARCHIVE_PATH_UNSAFE'],
  ['containers-storage/broken.tar', 'ARCHIVE_MALFORMED'],
  ['google-osv-scalibr/escape.tar', 'ARCHIVE_PATH_UNSAFE'],
  ['google-safearchive/case-insensitive.tar', 'ARCHIVE_DUPLICATE_ENTRY'],
  ['google-safearchive/traverse-slash-at-the-end.tar', 'ARCHIVE_PATH_UNSAFE'],
  ['google-safearchive/traverse.tar', 'ARCHIVE_PATH_UNSAFE'],
  ['google-safearchive/winshort.tar', 'ARCHIVE_DUPLICATE_ENTRY'],
  ['hashicorp-go-getter/bad.tar', 'ARCHIVE_LIMIT_EXCEEDED'],
  ['hashicorp-go-getter/empty.tar.zst', 'LAYER_UNSUPPORTED'],
  ['hashicorp-go-getter/multiple_dir.tar.zst', 'LAYER_UNSUPPORTED'],
  ['isaacs-node-tar/bad-cksum.tar', 'ARCHIVE_MALFORMED'],
  ['isaacs-node-tar/excessively-deep.tar', 'ARCHIVE_LIMIT_EXCEEDED'],
  ['isaacs-node-tar/global-header.tar', 'ARCHIVE_ENTRY_REFUSED'],
  ['isaacs-node-tar/long-pax.tar', 'ARCHIVE_MALFORMED'],
  ['libarchive-libarchive/test_compat_tar_directory_1.tar', 'ARCHIVE_MALFORMED'],
  ['libarchive-libarchive/test_read_format_gtar_sparse_reuse.tar', 'ARCHIVE_ENTRY_REFUSED'],
  ['libarchive-libarchive/test_read_format_tar_V_negative_size.tar', 'ARCHIVE_MALFORMED'],
  ['libarchive-libarchive/test_read_format_tar_concatenated.tar', 'ARCHIVE_MALFORMED'],
  ['libarchive-libarchive/test_read_format_tar_empty_filename.tar', 'ARCHIVE_PATH_UNSAFE'],
  ['libarchive-libarchive/test_read_format_tar_empty_with_gnulabel.tar', 'ARCHIVE_MALFORMED'],
  ['libarchive-libarchive/test_read_format_tar_invalid_pax_size.tar', 'ARCHIVE_MALFORMED'],
  ['libarchive-libarchive/test_read_format_tar_pax_g_large.tar', 'ARCHIVE_LIMIT_EXCEEDED'],
  ['libarchive-libarchive/test_read_format_tar_pax_sun_holesdata.tar', 'ARCHIVE_ENTRY_REFUSED'],
  ['mafintosh-tar-stream/base-256-size.tar', 'ARCHIVE_MALFORMED'],
  ['mafintosh-tar-stream/incomplete.tar', 'ARCHIVE_MALFORMED'],
  ['mafintosh-tar-stream/latin1.tar', 'ARCHIVE_PATH_UNSAFE'],
  ['mafintosh-tar-stream/unknown-format.tar', 'ARCHIVE_MALFORMED'],
  ['mafintosh-tar-stream/v7.tar', 'ARCHIVE_MALFORMED'],
  ['vbatts-tar-split/extranils.tar.gz', 'ARCHIVE_MALFORMED'],
  ['vbatts-tar-split/gnu-incremental.tar', 'ARCHIVE_ENTRY_REFUSED'],
  ['vbatts-tar-split/gnu-long-nul.tar', 'ARCHIVE_PATH_UNSAFE'],
  ['vbatts-tar-split/gnu-multi-hdrs.tar', 'ARCHIVE_MALFORMED'],
  ['vbatts-tar-split/gnu-nil-sparse-data.tar', 'ARCHIVE_ENTRY_REFUSED'],
  ['vbatts-tar-split/gnu-nil-sparse-hole.tar', 'ARCHIVE_ENTRY_REFUSED'],
  ['vbatts-tar-split/gnu-not-utf8.tar', 'ARCHIVE_PATH_UNSAFE'],
  ['vbatts-tar-split/gnu-sparse-big.tar', 'ARCHIVE_ENTRY_REFUSED'],
  ['vbatts-tar-split/hdr-only.tar', 'ARCHIVE_ENTRY_REFUSED'],
  ['vbatts-tar-split/iso-8859.tar.gz', 'ARCHIVE_PATH_UNSAFE'],
  ['vbatts-tar-split/issue11169.tar', 'ARCHIVE_MALFORMED'],
  ['vbatts-tar-split/issue12435.tar', 'ARCHIVE_MALFORMED'],
  ['vbatts-tar-split/nil-uid.tar', 'ARCHIVE_MALFORMED'],
  ['vbatts-tar-split/notenoughnils.tar.gz', 'ARCHIVE_MALFORMED'],
  ['vbatts-tar-split/pax-bad-mtime-file.tar', 'ARCHIVE_MALFORMED'],
  ['vbatts-tar-split/pax-global-records.tar', 'ARCHIVE_ENTRY_REFUSED'],
  ['vbatts-tar-split/pax-multi-hdrs.tar', 'ARCHIVE_MALFORMED'],
  ['vbatts-tar-split/pax-nil-sparse-data.tar', 'ARCHIVE_ENTRY_REFUSED'],
  ['vbatts-tar-split/pax-path-hdr.tar', 'ARCHIVE_MALFORMED'],
  ['vbatts-tar-split/pax-pos-size-file.tar', 'ARCHIVE_MALFORMED'],
  ['vbatts-tar-split/pax-sparse-big.tar', 'ARCHIVE_ENTRY_REFUSED'],
  ['vbatts-tar-split/sparse-formats.tar', 'ARCHIVE_ENTRY_REFUSED'],
  ['vbatts-tar-split/ustar-file-reg.tar', 'ARCHIVE_MALFORMED'],
  ['vbatts-tar-split/v7.tar', 'ARCHIVE_MALFORMED'],
  ['vbatts-tar-split/writer-big.tar', 'ARCHIVE_MALFORMED'],
];

/** What the README says must come out, and what must not. */
const exact: readonly (readonly [file: string, names: readonly string[]])[] = [
  ['astral-sh-tokio-tar/pax-hidden-entry.tar', ['file_a', 'file_b', 'hidden']],
  ['astral-sh-tokio-tar/pax-phantom-entry.tar', ['file_a', 'file_b']],
];

async function unpackVector(file: string, chunkSize?: number): Promise<UnpackOutcome> {
  await using sandbox = await UnpackSandbox.open();
  const content = await readFile(path.join(vectors, file));
  const options = chunkSize === undefined ? {} : { chunkSize };
  return await (file.endsWith('.tar') ? sandbox.tar(content, options) : sandbox.layer(content, options));
}

async function vectorFiles(): Promise<readonly string[]> {
  const found = await readdir(vectors, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(vectors, path.join(entry.parentPath, entry.name)))
    .filter((file) => file !== 'README.md' && !file.startsWith('LICENSES'))
    .toSorted();
}

describe.skipIf(!present)('archives of other projects', () => {
  it('all have an outcome here', async () => {
    const known = [...accepted, ...refused].map(([file]) => file);
    expect(await vectorFiles()).toEqual(known.toSorted());
  });

  it.each(accepted)('%s is accepted with %i files and %i links left out', async (file, files, links) => {
    const outcome = await unpackVector(file);
    expect(outcome).toMatchObject({ kind: 'accepted' });
    expect(outcome).toHaveProperty('skipped.length', links);
    expect(Object.keys(outcome.kind === 'accepted' ? outcome.files : {}).length).toBe(files);
    await expect(unpackVector(file, 321)).resolves.toEqual(outcome);
  });

  it.each(refused)('%s is refused with %s', async (file, code) => {
    await expect(unpackVector(file)).resolves.toMatchObject({ kind: 'refused', code });
    await expect(unpackVector(file, 321)).resolves.toMatchObject({ kind: 'refused', code });
  });

  it.each(exact)('%s gives these files and no others', async (file, names) => {
    const outcome = await unpackVector(file);
    expect(Object.keys(outcome.kind === 'accepted' ? outcome.files : {}).toSorted()).toEqual(names);
  });

  it('a tar inside a body never becomes entries', async () => {
    // Right would be normal.txt, blob.bin, marker.txt; wrong is INNER_FILE. Refused, since header and PAX disagree on the size.
    const outcome = await unpackVector('astral-sh-tokio-tar/pax-header-precedence.tar');
    expect(outcome).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/one size, got 0.*1024/),
    });
  });

  it('a time that is no number is an error', async () => {
    const outcome = await unpackVector('vbatts-tar-split/pax-bad-mtime-file.tar');
    expect(outcome).toMatchObject({ kind: 'refused', message: expect.stringMatching(/mtime/) });
  });
});
