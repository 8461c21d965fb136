// SPDX-License-Identifier: MIT
// What a write costs in each store: writes a second, and this process's processor time for one, in
// batches of 1, 10 and 100. A write is what a turn leaves: a record of 600 bytes made, and one of
// 200 changed. Needs redis-server.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "machine/memory_store.h"
#include "machine/redis_store.h"
#include "machine/sqlite_store.h"
#include "support/redis_server.h"
#include "support/temp_dir.h"

namespace patchbay {
namespace {

constexpr std::size_t conversations = 1'000;
constexpr std::size_t most_writes = 100'000;  // bounds the memory of the store in memory
const Milliseconds for_each{2'000};

std::chrono::microseconds processor_time() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& time) {
    return Seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

void measure(const char* name, Store& store, std::size_t in_batch) {
  std::mt19937_64 random{1};
  std::size_t written = 0;
  const auto processor_before = processor_time();
  const Moment begin = Clock::now();
  while (Clock::now() - begin < for_each && written < most_writes) {
    std::vector<Write> batch(in_batch);
    for (Write& write : batch) {
      const std::size_t turn = written++;
      write.conversation = "bakery\nconv_" + std::to_string(turn % conversations);
      write.keep = Seconds(3'600);
      write.changes = {{"t/" + std::to_string(turn), std::string(600, 'x'), random(), 0},
                       {"s/order", std::string(200, 'y'), random(), std::nullopt}};
    }
    const auto answer = store.write(batch);
    if (!answer) {
      std::fprintf(stderr, "%s: %s\n", name, answer.error().text().c_str());
      std::exit(1);
    }
  }
  const std::chrono::duration<double> took = Clock::now() - begin;
  const std::chrono::duration<double, std::micro> spent = processor_time() - processor_before;
  const auto count = static_cast<double>(written);
  std::printf("%-22s batches of %3zu: %8.0f writes/s  %6.1f us CPU a write\n", name, in_batch,
              count / took.count(), spent.count() / count);
}

void measure_all(const char* name, const std::function<std::unique_ptr<Store>()>& make) {
  for (const std::size_t in_batch : {1U, 10U, 100U}) measure(name, *make(), in_batch);
}

std::unique_ptr<Store> sqlite(const std::string& path, bool survives_power_cut) {
  SqliteStore::Options options;
  options.path = path;
  options.patience = Seconds(10);
  options.survives_power_cut = survives_power_cut;
  auto store = SqliteStore::open(options);
  if (!store) std::exit(1);
  return *std::move(store);
}

}  // namespace
}  // namespace patchbay

int main() {
  using namespace patchbay;
  const test::TempDir dir;
  int files = 0;
  const auto fresh = [&] { return dir.of(std::to_string(++files) + ".db"); };
  measure_all("memory", [] { return std::make_unique<MemoryStore>(); });
  measure_all("SQLite, NORMAL", [&] { return sqlite(fresh(), false); });
  measure_all("SQLite, FULL", [&] { return sqlite(fresh(), true); });
  const test::RedisServer redis;
  measure_all("Redis, unix socket", [&] {
    RedisStore::Options options;
    options.address = redis.address();
    options.limits.patience = Seconds(10);
    return std::make_unique<RedisStore>(options);
  });
}
