// What importing the package loads: the library, the constants and the classes.

export { Sockaddr } from "./address.ts";
export {
  AF,
  AI,
  ARPHRD,
  EAI,
  ERRNO,
  ETH_P,
  IFF,
  IP,
  IPPROTO,
  IPV6,
  MSG,
  NETLINK,
  NI,
  PACKET,
  SCM,
  SHUT,
  SO,
  SOCK,
  SOL,
  SOMAXCONN,
  TCP,
  UDP,
} from "./constants.ts";
export { AddrInfoError, SocketError } from "./error.ts";
export { Message } from "./message.ts";
export { Socket } from "./socket.ts";
