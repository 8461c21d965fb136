// SPDX-License-Identifier: MIT
#include "cli/admin_door.h"

#include <string>
#include <utility>

namespace patchbay {
namespace {

using Door = Result<std::unique_ptr<Server>>;

Door open_at(const std::string& path, Admin& admin, Log& log) {
  Server::Options options;
  options.socket = path;
  options.reactors = 1;
  Door door = Server::start(options, admin.endpoints(), log);
  if (door) log.info("admin", {{"socket", path}});
  return door;
}

Door in_the_usual_place(const Surroundings& here, std::uint16_t port, Admin& admin, Log& log) {
  const Result<std::string> path = usual_admin_socket(here, port);
  return path ? open_at(*path, admin, log) : Door(path.error());
}

}  // namespace

Door open_admin_door(const Config& config, const Surroundings& here, std::uint16_t port,
                     Admin& admin, Log& log) {
  if (config.admin_socket == "off") return std::unique_ptr<Server>();
  if (!config.admin_socket.empty()) return open_at(config.admin_socket, admin, log);
  Door door = in_the_usual_place(here, port, admin, log);
  if (door) return door;
  log.warn("no admin socket", {{"why", door.error().message}, {"next", door.error().hint}});
  return std::unique_ptr<Server>();
}

}  // namespace patchbay
