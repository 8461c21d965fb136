// SPDX-License-Identifier: MIT
// The store of conversations that a house opens with, from what its configuration says.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "codec/address.h"
#include "codec/config.h"
#include "ground/result.h"
#include "machine/descriptor.h"
#include "machine/holds.h"
#include "machine/store.h"

namespace patchbay {

struct HouseStore {
  std::unique_ptr<Store> store;
  std::string text;  // what it is, without a password, eg: "sqlite:/var/lib/patchbay/…"
  Descriptor alone;  // holds the lock on a file that only one host may write
  std::unique_ptr<Holds> holds = {};  // where other hosts of a fleet write there too; else null
};

enum class Missing { make, refuse };  // a file of SQLite that is not there

// Where `url` in [store] is empty: in memory. A file of SQLite is this host's alone; a Redis is not
// asked yet. [control]
Result<HouseStore> open_house_store(const Config& config, Missing missing = Missing::make);

// Is what `url` in [store] says, or what it names says, an address of a store? Opens nothing, and
// asks no Redis. The Error shows no password. [control]
[[nodiscard]] Problem check_house_store(const Config& config);

// The store of a host on that address whom nobody told where: "sqlite:" and a file in the service's
// or the user's directory for state, which is made, named after the port, so that two hosts of one
// user have two. "memory" where there is no such directory, or where the system picks the port:
// such a host could not find its file again. [control]
std::string usual_store(const Address& listens);

// What hosts that nobody told where have left there, sorted, eg:
// "sqlite:/home/ada/.local/state/patchbay/conversations-8080.db". [control]
std::vector<std::string> stores_left();

}  // namespace patchbay
