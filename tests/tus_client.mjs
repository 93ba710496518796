/* A client of tus as people use it: tus-js-client, unchanged. What it is to do comes in the environment. */
import { createReadStream, statSync } from 'node:fs';
import { createRequire } from 'node:module';

const tus = createRequire(`${process.cwd()}/package.json`)('tus-js-client');
const { ENDPOINT, TOKEN, FILE, METADATA, UPLOAD_URL, CHUNK } = process.env;

const upload = new tus.Upload(createReadStream(FILE), {
  endpoint: ENDPOINT,
  uploadUrl: UPLOAD_URL || null,
  uploadSize: statSync(FILE).size,
  chunkSize: Number(CHUNK),
  retryDelays: Array.from({ length: 400 }, () => 100),
  headers: { Authorization: `Bearer ${TOKEN}` },
  metadata: JSON.parse(METADATA),
  onUploadUrlAvailable: () => process.stdout.write(`at ${upload.url}\n`),
  onChunkComplete: (_size, accepted) => process.stdout.write(`kept ${accepted}\n`),
  onError: (error) => {
    process.stdout.write(`failed ${error.message.replaceAll('\n', ' ')}\n`);
    process.exitCode = 1;
  },
  onSuccess: () => process.stdout.write('done\n'),
});
upload.start();
