// `rawsock monitor`: ip-monitor(8).

import { type MonitorEvent, Netlink } from "../netlink/index.ts";
import { command } from "./shared/execute.ts";
import { UsageError } from "./shared/failure.ts";
import {
  addressText,
  linkLines,
  neighbourText,
  painter,
  routeText,
  ruleText,
} from "./shared/network.ts";
import { whole } from "./shared/number.ts";
import type { Output } from "./shared/output.ts";

const GROUPS = ["link", "address", "route", "neighbour", "rule"] as const;
const ACTIONS = { new: "+", delete: "-", present: "=" } as const;

function text(event: MonitorEvent, output: Output): string {
  const paint = painter(output);
  switch (event.kind) {
    case "link": {
      const [line = ""] = linkLines(event, event.linkKind, paint);
      return line;
    }
    case "address":
      return `${event.interface}: ${addressText(event, paint)}`;
    case "route":
      return routeText(event, paint);
    case "neighbour":
      return neighbourText(event, paint);
    case "rule":
      return ruleText(event, event.ruleAction);
    default:
      return "";
  }
}

function print(event: MonitorEvent, stamps: boolean, output: Output, json: boolean): void {
  const time = new Date().toISOString();
  if (json) {
    output.json(stamps ? { time, ...event } : event);
    return;
  }
  const stamp = stamps ? `[${time}] ` : "";
  if (event.action === "lost") {
    output.line(
      `${stamp}${output.paint("red", "! lost: the kernel had no room for some changes")}`,
    );
  } else if (event.action !== "other") {
    const colour = event.action === "delete" ? "red" : "green";
    const sign = output.paint(colour, ACTIONS[event.action]);
    output.line(`${stamp}${sign} ${event.kind.padEnd(9)} ${text(event, output)}`);
  }
}

export default command({
  name: "monitor",
  summary: "Tell what changes: interfaces, addresses, routes, neighbours, rules.",
  usage: ["[options] [<group> ...]"],
  options: {
    initial: { type: "boolean", short: "a", help: "begin with what is there" },
    resync: { type: "boolean", short: "r", help: "after a loss, tell again what is there" },
    count: { type: "string", short: "c", value: "n", help: "end after so many changes" },
    timestamps: { type: "boolean", short: "t", help: "the time before each line" },
    namespace: { type: "string", short: "N", value: "name", help: "of another network namespace" },
    json: { type: "boolean", help: "objects instead of text, one in a line" },
  },
  about: `
Groups are ${GROUPS.join(", ")}; all of them unless told. A line begins with + for what is
new or has changed, - for what is gone, = for what was there before. Linux only.`,
  examples: [
    ["", "everything"],
    ["-t link address", "interfaces and addresses, with the time"],
    ["--initial --json route", "what is there, then what changes, as objects"],
    ["-c 1 link", "wait for one change"],
  ],
  async run({ values, positionals, output, interruption }) {
    const groups = positionals.map((word) => {
      const found = GROUPS.find((group) => group === word || group.startsWith(word));
      if (found === undefined) throw new UsageError(`"${word}" is none of ${GROUPS.join(", ")}`);
      return found;
    });
    const { namespace } = values;
    const count = whole(values.count, "count", Number.POSITIVE_INFINITY, { least: 1 });
    using netlink = Netlink.open(namespace === undefined ? {} : { namespace });
    const monitor = netlink.monitor({
      ...(groups.length === 0 ? {} : { groups }),
      initial: values.initial === true,
      resync: values.resync === true,
      signal: interruption.signal,
    });
    let seen = 0;
    try {
      for await (const event of monitor) {
        print(event, values.timestamps === true, output, values.json === true);
        if (event.action !== "present" && ++seen >= count) break;
      }
    } catch (error) {
      if (!interruption.happened) throw error;
    }
    return 0;
  },
});
