// zlib begins a stream by a macro, which Swift does not import.
#include <zlib.h>

/// Begins a stream that becomes a gzip file: the largest window, and 16 for gzip's frame.
static inline int zlib_begin_gzip(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
}

/// Begins to read a stream that is a gzip file.
static inline int zlib_begin_gunzip(z_stream *stream) { return inflateInit2(stream, MAX_WBITS + 16); }
