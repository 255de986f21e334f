#include "jobs/tokenizer/zeroed_pages.h"

#include <sys/mman.h>

#include <cstdint>

namespace orch::tokenizer {

namespace {

constexpr std::align_val_t kSmallAlignment{64};  ///< a cache line

std::size_t rounded(std::size_t size_bytes) {
  return (size_bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
}

void* map_pages(std::size_t size_bytes) {
  const std::size_t wanted = rounded(size_bytes);
  void* const mapped = ::mmap(nullptr, wanted + kHugePageBytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  // Give back what stands before and behind the aligned part.
  auto* const begin = static_cast<char*>(mapped);
  char* const aligned = begin + (rounded(reinterpret_cast<std::uintptr_t>(mapped)) -
                                 reinterpret_cast<std::uintptr_t>(mapped));
  if (aligned != begin) ::munmap(begin, static_cast<std::size_t>(aligned - begin));
  const auto behind = static_cast<std::size_t>(begin + kHugePageBytes - aligned);
  if (behind > 0) ::munmap(aligned + wanted, behind);
  (void)::madvise(aligned, wanted, MADV_HUGEPAGE);  // refused: small pages do
  return aligned;
}

}  // namespace

std::shared_ptr<void> zeroed_pages(std::size_t size_bytes) {
  return {map_pages(size_bytes), [size_bytes](void* at) { ::munmap(at, rounded(size_bytes)); }};
}

void advise_huge_pages(void* begin, std::size_t size_bytes) {
  const auto at = reinterpret_cast<std::uintptr_t>(begin);
  const std::uintptr_t first = rounded(at);
  const std::uintptr_t last = (at + size_bytes) / kHugePageBytes * kHugePageBytes;
  if (last > first) (void)::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

void* allocate_pages(std::size_t size_bytes) {
  return size_bytes < kHugePageBytes ? ::operator new(size_bytes, kSmallAlignment)
                                     : map_pages(size_bytes);
}

void free_pages(void* at, std::size_t size_bytes) {
  if (size_bytes < kHugePageBytes)
    ::operator delete(at, kSmallAlignment);
  else
    ::munmap(at, rounded(size_bytes));
}

}  // namespace orch::tokenizer
