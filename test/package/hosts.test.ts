// What the repository names of the network: nothing that only one place can reach, and no package
// registry, since npm's and Bun's default is the public one.

import { expect } from "bun:test";
import { join } from "node:path";
import { testWith } from "../support/requirements.ts";

const root = join(import.meta.dir, "../..");

/** Hosts that may be linked to. */
const PUBLIC: ReadonlySet<string> = new Set([
  "bun.com",
  "bun.sh",
  "datatracker.ietf.org",
  "docs.kernel.org",
  "github.com",
  "man7.org",
  "no-color.org",
  "nodejs.org",
  "opencollective.com",
  "semver.org",
  "tipc.io",
  "www.iana.org",
  "www.kernel.org",
  // Pages about packages, not the registry.
  "www.npmjs.com",
  "www.rfc-editor.org",
  "www.tcpdump.org",
  "www.w3.org",
  // Funding, in lock files.
  "bjornlu.com",
]);

/** Names that lead nowhere else: RFC 2606, RFC 6761, loopback and documentation addresses. */
const NOWHERE =
  /^(localhost|.*\.?(example|invalid|test)|(.*\.)?example\.(com|net|org)|127\..*|\[?::1\]?|192\.0\.2\..*)$/;
const URLS = /\b[a-z][a-z+.-]*:\/\/([^\s/"'`()<>\\:@,;$]*[^\s/"'`()<>\\:@,;$.])/gi;
/** Hosts of registries and their mirrors, with or without a scheme. */
const REGISTRIES =
  /\b(registry|npm|yarn|pypi|proxy|mirrors?|artifactory|nexus|verdaccio)\.[a-z][\w-]*\.[a-z]{2,}/gi;

/** Git's list, also where the checkout belongs to somebody else. */
const { stdout, exitCode } =
  Bun.which("git") === null
    ? { stdout: "", exitCode: 1 }
    : Bun.spawnSync(["git", "-c", `safe.directory=${root}`, "ls-files", "-z"], { cwd: root });
const tracked = String(stdout).split("\0").filter(Boolean);
const repository = {
  met: exitCode === 0 && tracked.length > 0,
  remedy: "needs git and a clone, not a copy of the files: git clone",
};

testWith(repository)("tracked files name public hosts only, and no registry", async () => {
  expect(tracked).toContain("package-lock.json");
  const found: string[] = [];
  for (const name of tracked) {
    // A symbolic link or a file that is deleted but not committed so.
    const file = Bun.file(join(root, name));
    if (!(await file.exists())) continue;
    found.push(...hosts(await file.text()).map((host) => `${name}: ${host}`));
  }
  expect(found).toEqual([]);
});

testWith()("a registry is seen with and without a scheme", () => {
  const name = ["registry", "company", "net"].join(".");
  expect(hosts(`registry-url: https://${name}/npm`)).toEqual([name, name]);
  expect(hosts(`//${name}/:_authToken=`)).toEqual([name]);
  expect(hosts("see https://github.com/x, http://127.0.0.1:9/ and http://a.example/")).toEqual([]);
  expect(hosts(["ftp", "//10.1.2.3/x"].join(":"))).toEqual(["10.1.2.3"]);
});

/** Those in a text that should not be there. */
function hosts(text: string): string[] {
  const linked = [...text.matchAll(URLS)].map(([, host]) => (host as string).toLowerCase());
  const strange = linked.filter((host) => !PUBLIC.has(host) && !NOWHERE.test(host));
  return [...strange, ...[...text.matchAll(REGISTRIES)].map(([host]) => host)];
}
