#pragma once
// Large zeroed memory, on huge pages where the system has them: a table that is read all over costs
// one page fault in 512, and the processor finds its way in it without walking page tables.
// Thread: any.

#include <cstddef>
#include <limits>
#include <memory>
#include <new>

namespace orch::tokenizer {

inline constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

/// Begins at a multiple of kHugePageBytes. Errors: throws std::bad_alloc, as `new` does.
std::shared_ptr<void> zeroed_pages(std::size_t size_bytes);

/// For the whole huge pages in memory that somebody else owns and nobody has touched yet.
void advise_huge_pages(void* begin, std::size_t size_bytes);

/// What PageAllocator is made of: plain memory below the size of a huge page.
void* allocate_pages(std::size_t size_bytes);
void free_pages(void* at, std::size_t size_bytes);

/// For vectors: large ones lie on huge pages.
template <typename T>
class PageAllocator {
 public:
  using value_type = T;
  PageAllocator() = default;
  template <typename Other>
  explicit PageAllocator(const PageAllocator<Other>&) {}

  T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T))
      throw std::bad_array_new_length();
    return static_cast<T*>(allocate_pages(count * sizeof(T)));
  }
  void deallocate(T* at, std::size_t count) { free_pages(at, count * sizeof(T)); }
  bool operator==(const PageAllocator&) const { return true; }
};

}  // namespace orch::tokenizer
