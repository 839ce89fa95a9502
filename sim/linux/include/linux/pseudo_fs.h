/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stub: the file system in which, until Linux 5.19, a balloon had an inode whose address space said
 * how its pages move.  It can be made and unmade; how they move the model knows (mm/migrate.c).
 */
#ifndef _LINUX_PSEUDO_FS_H
#define _LINUX_PSEUDO_FS_H

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/version.h>

#if LINUX_LEVEL >= KERNEL_VERSION(6, 0, 0)
#error "the model has linux/pseudo_fs.h for balloons of Linux before 6.0 only"
#endif

struct address_space_operations;
struct super_block;

struct address_space {
	const struct address_space_operations *a_ops;
};

struct anon_inode {
	struct inode inode;
	struct address_space data;
};

struct fs_context {
	unsigned long magic;
};

struct pseudo_fs_context {
	unsigned long magic;
};

struct file_system_type {
	const char *name;
	int (*init_fs_context)(struct fs_context *fc);
	void (*kill_sb)(struct super_block *sb);
};

struct vfsmount {
	struct super_block *mnt_sb;
};

static inline struct pseudo_fs_context *init_pseudo(struct fs_context *fc, unsigned long magic)
{
	fc->magic = magic;
	return (struct pseudo_fs_context *)fc;
}

static inline void kill_anon_super(struct super_block *sb)
{
}

static inline struct vfsmount *kern_mount(struct file_system_type *type)
{
	struct vfsmount *mnt = kzalloc(sizeof(*mnt), GFP_KERNEL);

	return mnt ? mnt : ERR_PTR(-ENOMEM);
}

static inline void kern_unmount(struct vfsmount *mnt)
{
	kfree(mnt);
}

static inline struct inode *alloc_anon_inode(struct super_block *sb)
{
	struct anon_inode *anon = kzalloc(sizeof(*anon), GFP_KERNEL);

	if (!anon)
		return ERR_PTR(-ENOMEM);
	anon->inode.i_mapping = &anon->data;
	return &anon->inode;
}

static inline void iput(struct inode *inode)
{
	kfree(inode);
}

#endif
