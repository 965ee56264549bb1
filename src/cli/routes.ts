// `rawsock routes`: ip-route(8), ip-neighbour(8) and ip-rule(8), to look at.

import { Netlink } from "../netlink/index.ts";
import { command } from "./shared/execute.ts";
import { UsageError } from "./shared/failure.ts";
import { familyOf } from "./shared/host.ts";
import { neighbourText, painter, routeText, ruleText } from "./shared/network.ts";
import { whole } from "./shared/number.ts";

export default command({
  name: "routes",
  summary: "Show the routes, the neighbours and the rules, or which way a packet would go.",
  usage: ["[options]", "[options] --get <address>"],
  options: {
    ipv4: { type: "boolean", short: "4", help: "IPv4 only" },
    ipv6: { type: "boolean", short: "6", help: "IPv6 only" },
    get: { type: "string", short: "g", value: "address", help: "the way to there" },
    mark: {
      type: "string",
      short: "m",
      value: "n",
      help: "with --get, of a packet with that mark",
    },
    source: { type: "string", short: "s", value: "address", help: "with --get, from there" },
    table: { type: "string", short: "t", value: "table", help: "main, local, a number, all; main" },
    interface: { type: "string", short: "i", value: "name", help: "only by that interface" },
    neighbours: { type: "boolean", short: "n", help: "the neighbours instead" },
    rules: { type: "boolean", short: "r", help: "the rules instead" },
    namespace: { type: "string", short: "N", value: "name", help: "of another network namespace" },
    json: { type: "boolean", help: "an object for each, one in a line" },
  },
  about: "Linux only.",
  examples: [
    ["", "the routes of the main table"],
    ["--get 10.9.9.9", "by which interface and gateway?"],
    ["-6 -t all", "IPv6 routes of all tables"],
    ["-n -i eth0", "who was seen on a link"],
    ["--rules --json", "the rules, for another program"],
  ],
  async run({ values, positionals, output }) {
    if (positionals.length > 0) throw new UsageError(`what is "${positionals.join(" ")}"?`);
    const { namespace } = values;
    using netlink = Netlink.open(namespace === undefined ? {} : { namespace });
    const paint = painter(output);
    const named = familyOf(values);
    const family = named === null ? {} : { family: named };
    const by = values.interface === undefined ? {} : { interface: values.interface };
    const print = <T extends object>(list: readonly T[], text: (item: T) => string) => {
      for (const item of list) {
        if (values.json === true) output.json(item);
        else output.line(text(item));
      }
    };
    if (values.get !== undefined) {
      const mark = whole(values.mark, "mark", undefined);
      const route = await netlink.route(values.get, {
        ...by,
        ...(mark === undefined ? {} : { mark }),
        ...(values.source === undefined ? {} : { source: values.source }),
      });
      print([route], (one) => routeText(one, paint));
    } else if (values.neighbours === true) {
      const seen = await netlink.neighbours({ ...family, ...by });
      // Addresses that need no asking, such as groups, are no neighbours: ip(8) hides them, too.
      print(
        seen.filter(({ state }) => state !== "noarp"),
        (one) => neighbourText(one, paint),
      );
    } else if (values.rules === true) {
      print(await netlink.rules(family), (rule) => ruleText(rule, rule.action));
    } else {
      const { table = "main" } = values;
      const of = table === "all" ? {} : { table: /^\d+$/.test(table) ? Number(table) : table };
      print(await netlink.routes({ ...family, ...by, ...of }), (one) => routeText(one, paint));
    }
    return 0;
  },
});
