// rawsock/netlink: what it exports, and the only list of it.

export type { Address, AddressInit } from "./address.ts";
export {
  type Attribute,
  type AttributeInit,
  decodeAttributes,
  encodeAttributes,
} from "./attribute.ts";
export { NetlinkError } from "./error.ts";
export type { Driver } from "./ethtool/driver.ts";
export { Ethtool, type EthtoolOptions, type Feature } from "./ethtool/ethtool.ts";
export type {
  Family,
  GenericMessage,
  GenericRequestOptions,
} from "./generic.ts";
export type { GenericEvent, GenericMonitor, GenericMonitorOptions } from "./generic-monitor.ts";
export type { Which } from "./interfaces.ts";
export type { KindData, KindPort, LinkKind } from "./kind/kinds.ts";
export type { CommonLink, Link, Statistics } from "./link.ts";
export type { LinkInit, LinkSettings } from "./link-request.ts";
export {
  decodeMessages,
  encodeMessage,
  type NetlinkMessage,
  type NetlinkMessageInit,
} from "./message.ts";
export type { Action, Monitor, MonitorEvent, MonitorGroup, MonitorOptions } from "./monitor.ts";
export type { Neighbour, NeighbourInit } from "./neighbour.ts";
export { Netlink, type NetlinkOptions } from "./netlink.ts";
export type { NexthopMember, NexthopObject, NexthopObjectInit } from "./nexthop.ts";
export type { Place } from "./place.ts";
export type {
  AddressFilter,
  LinkFilter,
  NeighbourFilter,
  NexthopFilter,
  RouteFilter,
  RuleFilter,
} from "./query.ts";
export type { Route, RouteInit, RouteQuestion } from "./route.ts";
export type { Metrics, NextHop, NextHopInit, Realms, Via } from "./route-attribute.ts";
export type { Rule, RuleInit } from "./rule.ts";
