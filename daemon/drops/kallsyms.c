/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "kallsyms.h"
#include "util.h"

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

/*
 * The symbol with the greatest address that is not past @pc, and where the
 * next one begins. Aliases of an address: the first one counts.
 */
static int kallsyms_search(FILE *f, uint64_t pc, char *buf, size_t size)
{
	uint64_t best = 0, next = UINT64_MAX, addr;
	char line[512], type, name[DROP_LOCATION_MAX - 40];
	char best_name[sizeof(name)] = "";

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNx64 " %c %87s", &addr, &type, name) !=
		    3)
			continue;
		if (addr > pc) {
			if (addr < next)
				next = addr;
		} else if (addr > best) {
			best = addr;
			memcpy(best_name, name, sizeof(name));
		}
	}
	if (best == 0 || next == UINT64_MAX)
		return -ENOENT;
	snprintf(buf, size, "%s+0x%" PRIx64 "/0x%" PRIx64, best_name, pc - best,
		 next - best);
	return 0;
}

static int kallsyms_read(struct kallsyms *k, uint64_t pc, char *buf,
			 size_t size)
{
	_cleanup_(cleanup_fclose) FILE *f = NULL;
	int fd;

	if (k->fd < 0)
		return -EACCES;
	/* The duplicate shares the offset and the opener's rights. */
	fd = fcntl(k->fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return -errno;
	if (lseek(fd, 0, SEEK_SET) < 0 || !(f = fdopen(fd, "re"))) {
		close(fd);
		return -EIO;
	}
	return kallsyms_search(f, pc, buf, size);
}

static int kallsyms_resolve(struct symbols *symbols, uint64_t pc, char *buf,
			    size_t size)
{
	struct kallsyms *k = (struct kallsyms *)symbols;
	struct kallsyms_entry *entry;

	for (size_t i = 0; i < MIN(k->n_cached, KALLSYMS_CACHE); i++)
		if (k->cache[i].pc == pc) {
			entry = &k->cache[i];
			goto found;
		}
	if (!k->cache)
		k->cache = calloc(KALLSYMS_CACHE, sizeof(*k->cache));
	if (!k->cache)
		return -ENOMEM;
	entry = &k->cache[k->n_cached % KALLSYMS_CACHE];
	k->n_cached++;
	entry->pc = pc;
	/* Also what has no name is remembered: a search is slow. */
	if (kallsyms_read(k, pc, entry->name, sizeof(entry->name)) < 0)
		entry->name[0] = '\0';
found:
	if (entry->name[0] == '\0')
		return -ENOENT;
	copy_string(buf, size, entry->name, SIZE_MAX);
	return 0;
}

int kallsyms_open(const char *path, int given)
{
	char link[64], target[256];
	ssize_t n;
	int fd;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", given);
	n = readlink(link, target, sizeof(target));
	if (n > 0 && (size_t)n == strlen(path) &&
	    memcmp(target, path, (size_t)n) == 0)
		fd = fcntl(given, F_DUPFD_CLOEXEC, 3);
	else
		fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

void kallsyms_init(struct kallsyms *k, int fd)
{
	*k = (struct kallsyms){
		.symbols.resolve = kallsyms_resolve,
		.fd = fd,
	};
}

void kallsyms_done(struct kallsyms *k)
{
	if (k->fd >= 0)
		close(k->fd);
	free(k->cache);
	*k = (struct kallsyms){ .fd = -1 };
}
