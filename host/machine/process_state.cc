// SPDX-License-Identifier: MIT
#include "machine/process_state.h"

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <clocale>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <thread>

namespace patchbay {
namespace {

namespace fs = std::filesystem;

// "Umask" of /proc/self/status: umask() itself can only be asked by changing it.
std::string status_line(std::string_view key) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with(key)) return line;
  }
  return {};
}

std::string handling_of(int signal) {
  struct sigaction action {};
  if (::sigaction(signal, nullptr, &action) != 0) return {};  // glibc keeps two for itself
  return fmt::format("{} {:x}", reinterpret_cast<const void*>(action.sa_sigaction),
                     action.sa_flags);
}

std::size_t entries_of(const char* directory) {
  std::error_code gone;  // an entry may vanish while we count
  std::size_t count = 0;
  for (auto entry = fs::directory_iterator(directory, gone); entry != fs::directory_iterator();
       entry.increment(gone)) {
    ++count;
  }
  return count;
}

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t whole = 0;
  std::size_t resident = 0;
  statm >> whole >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name == nullptr ? fmt::format("signal {}", signal) : fmt::format("SIG{}", name);
}

ProcessHabits process_habits() {
  ProcessHabits habits;
  for (int signal = 0; signal < NSIG; ++signal) habits.signals.push_back(handling_of(signal));
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing is set here
  const char* locale = std::setlocale(LC_ALL, nullptr);
  habits.locale = locale == nullptr ? "" : locale;
  std::error_code gone;
  habits.directory = fs::current_path(gone).string();
  habits.umask = status_line("Umask:");
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    habits.environment.emplace_back(*entry);
  }
  return habits;
}

std::vector<std::string> changes(const ProcessHabits& before, const ProcessHabits& after) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < before.signals.size() && i < after.signals.size(); ++i) {
    if (before.signals[i] != after.signals[i])
      found.push_back("the handler of " + signal_name(static_cast<int>(i)));
  }
  if (before.locale != after.locale) found.push_back("the locale, to " + after.locale);
  if (before.directory != after.directory)
    found.push_back("the working directory, to " + after.directory);
  if (before.umask != after.umask) found.emplace_back("the umask");
  if (before.environment != after.environment) found.emplace_back("the environment");
  return found;
}

ProcessHoldings process_holdings() {
  return {entries_of("/proc/self/task"), entries_of("/proc/self/fd"), resident_bytes(),
          ::mallinfo2().uordblks};
}

bool threads_fall_to(std::size_t wanted, Milliseconds most) {
  constexpr Milliseconds pause{2};
  for (const Moment until = Clock::now() + most; process_holdings().threads > wanted;) {
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

}  // namespace patchbay
