/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "cgroups.h"
#include "unit-name.h"
#include "util.h"

#define SECOND_NS   UINT64_C(1000000000)
#define FOLDER_NS   UINT64_C(1000000)
#define ITEMS_FIRST 256
/* Of a folder without folders; file systems that do not count have 1. */
#define NO_SUBFOLDERS 2

static inline void cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* One more of @size bytes each in @p, of which there are @n. */
static bool reserve(void **p, size_t n, size_t *n_allocated, size_t size)
{
	size_t more = MAX(*n_allocated * 2, ITEMS_FIRST);
	void *new;

	if (n < *n_allocated)
		return true;
	new = reallocarray(*p, more, size);
	if (!new)
		return false;
	*p = new;
	*n_allocated = more;
	return true;
}

static bool add_item(struct cgroups *c, uint64_t id, const char *unit)
{
	void *items = c->items;

	if (c->n_items == CGROUPS_MAX ||
	    !reserve(&items, c->n_items, &c->n_allocated, sizeof(*c->items)))
		return false;
	c->items = items;
	c->items[c->n_items++] = (struct cgroup){ id, unit };
	return true;
}

/* NULL when memory is out. */
static const char *add_name(struct cgroups *c, const char *name)
{
	void *names = c->names;
	char *copy;

	if (!reserve(&names, c->n_names, &c->n_names_allocated,
		     sizeof(*c->names)))
		return NULL;
	c->names = names;
	copy = strdup(name);
	if (copy)
		c->names[c->n_names++] = copy;
	return copy;
}

static void forget(struct cgroups *c)
{
	for (size_t i = 0; i < c->n_names; i++)
		free(c->names[i]);
	c->n_names = 0;
	c->n_items = 0;
}

/* What is known of a folder from those above it. */
struct place {
	enum unit_part part;
	const char *unit;
	unsigned depth;
};

static struct place place_below(struct cgroups *c, const struct place *parent,
				const char *component)
{
	struct place place = *parent;
	char name[UNIT_NAME_SIZE];

	place.depth++;
	if (parent->part != UNIT_PART_SLICE)
		return place;
	place.part = unit_name_from_cgroup(component, name);
	if (place.part == UNIT_PART_UNIT)
		place.unit = add_name(c, name);
	return place;
}

static DIR *open_folder(int fd, const char *name)
{
	int folder = openat(fd, name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = folder >= 0 ? fdopendir(folder) : NULL;

	if (!dir && folder >= 0)
		close(folder);
	return dir;
}

/* Folders come and go meanwhile; what cannot be read is left out. */
static void walk(struct cgroups *c, int fd, const char *name,
		 const struct place *place)
{
	_cleanup_(cleanup_closedir) DIR *dir = open_folder(fd, name);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		struct place below;
		struct stat st;

		if ((entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) ||
		    strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0 ||
		    fstatat(dirfd(dir), entry->d_name, &st,
			    AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISDIR(st.st_mode))
			continue;
		below = place_below(c, place, entry->d_name);
		if (!add_item(c, st.st_ino, below.unit))
			return;
		if (st.st_nlink != NO_SUBFOLDERS &&
		    below.depth < CGROUPS_DEPTH_MAX)
			walk(c, dirfd(dir), entry->d_name, &below);
	}
}

static int compare_items(const void *a, const void *b)
{
	const struct cgroup *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static void look(struct cgroups *c, uint64_t now_ns)
{
	const struct place root = { .part = UNIT_PART_SLICE };

	forget(c);
	walk(c, c->fd, ".", &root);
	if (c->n_items > 0)
		qsort(c->items, c->n_items, sizeof(*c->items), compare_items);
	c->walked_ns = now_ns;
	c->again_ns = now_ns + MAX(SECOND_NS, c->n_items * FOLDER_NS);
}

static const struct cgroup *find(const struct cgroups *c, uint64_t id)
{
	const struct cgroup key = { .id = id };

	if (c->n_items == 0)
		return NULL;
	return bsearch(&key, c->items, c->n_items, sizeof(*c->items),
		       compare_items);
}

static const char *cgroups_find(struct units *units, uint64_t cgroup_id,
				uint64_t now_ns)
{
	struct cgroups *c = (struct cgroups *)units;
	const struct cgroup *cgroup = find(c, cgroup_id);
	/* The clock may have been set back. */
	bool may_look = now_ns >= c->again_ns || now_ns < c->walked_ns;

	if (!cgroup && may_look && c->fd >= 0) {
		look(c, now_ns);
		cgroup = find(c, cgroup_id);
	}
	return cgroup ? cgroup->unit : NULL;
}

static bool is_cgroup2(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

int cgroups_open(const char *path)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	_cleanup_close_ int fd = open(path, flags), unified = -1;

	if (fd < 0)
		return -errno;
	if (is_cgroup2(fd))
		return TAKE_FD(fd);
	unified = openat(fd, "unified", flags | O_NOFOLLOW);
	if (unified < 0 || !is_cgroup2(unified))
		return -ENOENT;
	return TAKE_FD(unified);
}

void cgroups_init(struct cgroups *c, int fd)
{
	*c = (struct cgroups){ .units.find = cgroups_find, .fd = fd };
}

void cgroups_done(struct cgroups *c)
{
	forget(c);
	free(c->items);
	free(c->names);
	if (c->fd >= 0)
		close(c->fd);
	*c = (struct cgroups){ .fd = -1 };
}
