// SPDX-License-Identifier: GPL-2.0-only
/* Scenes played by tasks of a guest; see kernel_probe.h. */
#include "scenes.h"

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "guest.h"
#include "host.h"
#include "kernel/internal.h"

#define MIB (1ul << 20)
#define PLAY_NS (20 * NSEC_PER_SEC_U64)

struct kernel_probe *probe;
static kernel_scene playing;

void note(char c)
{
	size_t n = strlen(probe->order);

	if (n + 1 < sizeof(probe->order))
		probe->order[n] = c;
}

static void no_boot(void *opaque, const char *error)
{
}

static void count_line(struct kernel *kernel, int level, const char *text)
{
	probe->lines++;
}

static int play_main(void *data)
{
	playing(data);
	probe->ended = 1;
	return 0;
}

void kernel_probe_play(struct kernel_probe *result, unsigned int nr_cpus, kernel_scene scene)
{
	struct host_config host_config = { .memory_bytes = 512 * MIB, .nr_cpus = nr_cpus,
					   .thp = HOST_THP_NEVER, .seed = 1 };
	static struct cost_table costs;
	struct guest_config config = { .name = "guest", .booted = no_boot, .log = count_line };
	struct engine engine;
	struct host host;
	struct kernel *kernel;
	char text[256];

	memset(result, 0, sizeof(*result));
	probe = result;
	playing = scene;
	costs.ns[COST_GUEST_SWITCH] = costs.ns[COST_GUEST_IRQ] = 1000;
	costs.ns[COST_VIRTQUEUE_ADD] = KERNEL_PROBE_QUEUE_NS;
	costs.ns[COST_GUEST_FAULT] = costs.ns[COST_GUEST_UNMAP] = 1000;
	engine_init(&engine);
	host_init(&host, &engine, &host_config, &costs);
	config.engine = &engine;
	config.vm = host_create_vm(&host, "guest", 128 * MIB, nr_cpus);
	mm_config_default(&config.mm, 128 * MIB >> PAGE_SHIFT, nr_cpus);
	config.mm.thp = THP_NEVER;
	config.user.no_kswapd = true;
	kernel = guest_kernel_create(&config);
	sched_start(kernel);
	guest_kernel_run(kernel, "scene", play_main, NULL);
	engine_run(&engine, PLAY_NS);
	result->warnings = kernel->sched->nr_warnings;
	snprintf(result->first_warning, sizeof(result->first_warning), "%s",
		 kernel->sched->first_warning);
	result->blocked = guest_kernel_blocked(kernel, 0, text, sizeof(text));
	guest_kernel_destroy(kernel);
	host_destroy(&host);
	engine_destroy(&engine);
}

/* Wait queues and completions */

static struct wait_queue_head queue;
static bool condition;

static int wait_for_condition(void *data)
{
	wait_event(queue, condition);
	probe->value[0] = ktime_get();
	note('w');
	return 0;
}

int scene_wake_up(void *unused)
{
	init_waitqueue_head(&queue);
	kthread_run(wait_for_condition, NULL, "waiter");
	msleep(8);
	probe->value[1] = waitqueue_active(&queue);
	wake_up(&queue);
	msleep(8);
	note('c');
	condition = true;
	probe->value[2] = ktime_get();
	wake_up(&queue);
	msleep(8);
	probe->value[3] = waitqueue_active(&queue);
	return 0;
}

static int set_condition(void *data)
{
	msleep(8);
	condition = true;
	wake_up(&queue);
	return 0;
}

int scene_wait_timeout(void *unused)
{
	u64 start = ktime_get();

	init_waitqueue_head(&queue);
	probe->value[0] = wait_event_timeout(queue, condition, 5);
	probe->value[1] = ktime_get() - start;
	kthread_run(set_condition, NULL, "setter");
	start = jiffies;
	probe->value[2] = wait_event_timeout(queue, condition, 100);
	probe->value[3] = jiffies - start;
	probe->value[4] = wait_event_timeout(queue, true, 0);
	probe->value[5] = wait_event_timeout(queue, true, 7);
	probe->value[6] = wait_event_interruptible_timeout(queue, false, 0);
	return 0;
}

static struct completion completion;

static int complete_waiter(void *data)
{
	wait_for_completion(&completion);
	note('d');
	return 0;
}

int scene_completion(void *unused)
{
	int i;

	init_completion(&completion);
	for (i = 0; i < 4; i++)
		kthread_run(complete_waiter, NULL, "waiter/%d", i);
	msleep(4);
	for (i = 0; i < 2; i++) {
		note('1');
		complete(&completion);
		msleep(4);
		probe->value[i] = completion_done(&completion);
	}
	note('*');
	complete_all(&completion);
	wait_for_completion(&completion);
	msleep(4);
	probe->value[2] = completion_done(&completion);
	reinit_completion(&completion);
	probe->value[3] = completion_done(&completion);
	complete(&completion);	/* nobody waits yet: is remembered, once */
	wait_for_completion(&completion);
	probe->value[4] = completion_done(&completion);
	return 0;
}

static int complete_later(void *data)
{
	msleep(8);
	complete(&completion);
	return 0;
}

int scene_completion_timeout(void *unused)
{
	unsigned long start = jiffies;

	init_completion(&completion);
	probe->value[0] = wait_for_completion_timeout(&completion, 5);
	probe->value[1] = jiffies - start;
	kthread_run(complete_later, NULL, "later");
	probe->value[2] = wait_for_completion_timeout(&completion, 100);
	probe->value[3] = completion_done(&completion);
	return 0;
}

static void note_timer(struct timer_list *timer)
{
	note('t');
}

/* Timeouts that mean for ever. */
int scene_far_timers(void *unused)
{
	static const unsigned long ahead[] = { MAX_JIFFY_OFFSET, 1ul << 50, 1ul << 40 };
	struct timer_list timer[ARRAY_SIZE(ahead)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ahead); i++) {
		timer_setup(&timer[i], note_timer, 0);
		mod_timer(&timer[i], jiffies + ahead[i]);
	}
	msleep(1000);
	for (i = 0; i < ARRAY_SIZE(ahead); i++)
		probe->value[0] += del_timer(&timer[i]);
	probe->value[1] = msecs_to_jiffies(-1) == MAX_JIFFY_OFFSET;
	return 0;
}

int scene_msleep(void *unused)
{
	s64 least = INT64_MAX, most = 0;
	int i;

	for (i = 0; i < 50; i++) {
		s64 ns = ktime_get();

		msleep(20);
		ns = ktime_get() - ns;
		least = ns < least ? ns : least;
		most = ns > most ? ns : most;
		ndelay(i * 70 * 1000);	/* begin elsewhere within a jiffy */
		cond_resched();
	}
	probe->value[0] = least;
	probe->value[1] = most;
	return 0;
}

/* Sleeping locks */

static struct mutex mutex;
static struct rw_semaphore rwsem;
static int inside, most_inside;

static void enter_section(void)
{
	if (++inside > most_inside)
		most_inside = inside;
}

static int lock_twice(void *data)
{
	int i;

	for (i = 0; i < 2; i++) {
		mutex_lock(&mutex);
		note(*(const char *)data);
		enter_section();
		msleep(4);
		inside--;
		mutex_unlock(&mutex);
	}
	return 0;
}

int scene_mutex(void *unused)
{
	mutex_init(&mutex);
	mutex_lock(&mutex);
	kthread_run(lock_twice, "a", "a");
	msleep(4);
	kthread_run(lock_twice, "b", "b");
	msleep(4);
	kthread_run(lock_twice, "c", "c");
	msleep(4);
	probe->value[0] = mutex_trylock(&mutex);
	mutex_unlock(&mutex);
	msleep(100);
	probe->value[1] = most_inside;
	probe->value[2] = mutex_is_locked(&mutex);
	probe->value[3] = mutex_trylock(&mutex);
	return 0;
}

static int reader(void *data)
{
	down_read(&rwsem);
	note(*(const char *)data);
	enter_section();
	msleep(20);
	inside--;
	up_read(&rwsem);
	return 0;
}

static int writer(void *data)
{
	down_write(&rwsem);
	note('W');
	probe->value[0] = inside;
	msleep(20);
	probe->value[1] = inside;
	note('w');
	up_write(&rwsem);
	return 0;
}

int scene_rwsem(void *unused)
{
	init_rwsem(&rwsem);
	kthread_run(reader, "r", "first");
	kthread_run(reader, "r", "second");
	msleep(4);
	probe->value[2] = down_write_trylock(&rwsem);
	kthread_run(writer, NULL, "writer");
	msleep(4);
	kthread_run(reader, "l", "late");
	msleep(100);
	probe->value[3] = most_inside;
	probe->value[4] = down_read_trylock(&rwsem);
	return 0;
}

/* Work */

static struct work_struct work[3];
static struct delayed_work dwork;
static struct workqueue_struct *wq;
static bool again;

static void note_work(struct work_struct *w)
{
	note('a' + (w - work));
}

static void sleep_in_work(struct work_struct *w)
{
	note('A' + (w - work));
	msleep(20);
	note('a' + (w - work));
}

int scene_queue_twice(void *unused)
{
	wq = alloc_workqueue("test", 0, 0);
	INIT_WORK(&work[0], note_work);
	probe->value[0] = queue_work(wq, &work[0]);
	probe->value[1] = queue_work(wq, &work[0]);
	probe->value[2] = work_pending(&work[0]);
	msleep(4);
	note('|');
	probe->value[3] = work_pending(&work[0]);
	INIT_WORK(&work[1], sleep_in_work);
	queue_work(wq, &work[1]);
	msleep(4);
	/* Runs, so is not pending: once more afterwards, never twice at a time. */
	probe->value[4] = queue_work(wq, &work[1]);
	msleep(100);
	destroy_workqueue(wq);
	return 0;
}

static void queue_both(void)
{
	queue_work(wq, &work[0]);
	queue_work(wq, &work[1]);
	msleep(8);
	note('|');
	flush_workqueue(wq);
}

int scene_sleeping_work(void *unused)
{
	wq = alloc_workqueue("test", 0, 0);
	INIT_WORK(&work[0], sleep_in_work);
	INIT_WORK(&work[1], note_work);
	queue_both();
	destroy_workqueue(wq);
	return 0;
}

int scene_idle_worker(void *unused)
{
	wq = alloc_workqueue("test", 0, 0);
	INIT_WORK(&work[0], sleep_in_work);
	INIT_WORK(&work[1], note_work);
	/* One worker exists and is idle when both are queued. */
	queue_work(wq, &work[1]);
	msleep(4);
	queue_both();
	destroy_workqueue(wq);
	return 0;
}

int scene_ordered_queue(void *unused)
{
	int i;

	wq = alloc_ordered_workqueue("test", 0);
	for (i = 0; i < 3; i++)
		INIT_WORK(&work[i], sleep_in_work);
	queue_work(wq, &work[2]);
	queue_work(wq, &work[0]);
	queue_work(wq, &work[1]);
	flush_workqueue(wq);
	note('|');
	destroy_workqueue(wq);
	return 0;
}

static void note_time(struct work_struct *w)
{
	note('d');
	probe->value[0] = jiffies;
}

int scene_delayed_work(void *unused)
{
	INIT_DELAYED_WORK(&dwork, note_time);
	probe->value[1] = jiffies;
	probe->value[2] = schedule_delayed_work(&dwork, 10);
	probe->value[3] = schedule_delayed_work(&dwork, 1);	/* pending: stays as it is */
	msleep(100);
	probe->value[1] = probe->value[0] - probe->value[1];
	probe->value[4] = jiffies;
	schedule_delayed_work(&dwork, 100);
	probe->value[5] = mod_delayed_work(system_wq, &dwork, 3);
	msleep(100);
	probe->value[4] = probe->value[0] - probe->value[4];
	schedule_delayed_work(&dwork, 1000);
	probe->value[6] = jiffies;
	probe->value[7] = flush_delayed_work(&dwork);
	probe->value[6] = jiffies - probe->value[6];
	return 0;
}

int scene_cancel_work(void *unused)
{
	wq = alloc_ordered_workqueue("test", 0);
	INIT_WORK(&work[0], sleep_in_work);
	INIT_WORK(&work[1], note_work);
	probe->value[0] = cancel_work_sync(&work[0]);	/* was never queued */
	queue_work(wq, &work[0]);
	queue_work(wq, &work[1]);
	msleep(4);
	probe->value[1] = cancel_work_sync(&work[1]);	/* waits behind the other */
	probe->value[2] = cancel_work_sync(&work[0]);	/* runs */
	note('|');
	queue_work(wq, &work[1]);
	flush_workqueue(wq);
	destroy_workqueue(wq);
	return 0;
}

static void requeue(struct work_struct *w)
{
	note('q');
	ndelay(1000 * 1000);
	cond_resched();
	probe->value[1] = queue_work(system_wq, w);
}

int scene_cancel_requeueing_work(void *unused)
{
	INIT_WORK(&work[0], requeue);
	queue_work(system_wq, &work[0]);
	msleep(8);
	cancel_work_sync(&work[0]);
	note('|');
	probe->value[0] = work_pending(&work[0]);
	msleep(20);
	INIT_WORK(&work[1], note_work);
	queue_work(system_wq, &work[1]);
	flush_work(&work[1]);
	return 0;
}

int scene_cancel_delayed_work(void *unused)
{
	INIT_DELAYED_WORK(&dwork, note_time);
	probe->value[1] = cancel_delayed_work_sync(&dwork);
	schedule_delayed_work(&dwork, 5);
	probe->value[2] = delayed_work_pending(&dwork);
	probe->value[3] = cancel_delayed_work_sync(&dwork);
	probe->value[4] = delayed_work_pending(&dwork);
	msleep(100);
	note('|');
	schedule_delayed_work(&dwork, 5);	/* may be used again */
	msleep(100);
	return 0;
}

static void rearm(struct work_struct *w)
{
	note('r');
	msleep(8);
	schedule_delayed_work(to_delayed_work(w), again ? 0 : 1);
}

int scene_cancel_rearming_work(void *unused)
{
	INIT_DELAYED_WORK(&dwork, rearm);
	schedule_delayed_work(&dwork, 1);
	msleep(8);
	cancel_delayed_work_sync(&dwork);	/* under way, and will arm itself */
	note('|');
	msleep(100);
	again = true;
	schedule_delayed_work(&dwork, 0);
	msleep(4);
	cancel_delayed_work_sync(&dwork);	/* the same without a timer */
	note('|');
	msleep(100);
	probe->value[0] = delayed_work_pending(&dwork);
	return 0;
}

int scene_flush_work(void *unused)
{
	INIT_WORK(&work[0], sleep_in_work);
	probe->value[0] = flush_work(&work[0]);
	queue_work(system_wq, &work[0]);
	probe->value[1] = flush_work(&work[0]);
	note('|');
	probe->value[2] = flush_work(&work[0]);
	/* A timer that has not expired has queued nothing yet. */
	INIT_DELAYED_WORK(&dwork, note_time);
	probe->value[4] = jiffies;
	schedule_delayed_work(&dwork, 25);
	probe->value[3] = flush_work(&dwork.work);
	probe->value[4] = jiffies - probe->value[4];
	cancel_delayed_work_sync(&dwork);
	return 0;
}

/* The rest */

static BLOCKING_NOTIFIER_HEAD(chain);

static int notified(struct notifier_block *nb, unsigned long action, void *data)
{
	note(*(const char *)data + nb->priority);
	return nb->priority == (int)action ? NOTIFY_STOP : NOTIFY_OK;
}

int scene_notifiers(void *unused)
{
	static struct notifier_block nb[] = {
		{ .notifier_call = notified, .priority = 1 },
		{ .notifier_call = notified, .priority = 3 },
		{ .notifier_call = notified, .priority = 0 },
		{ .notifier_call = notified, .priority = 2 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nb); i++)
		blocking_notifier_chain_register(&chain, &nb[i]);
	probe->value[0] = blocking_notifier_call_chain(&chain, 9, "0");
	note('|');
	probe->value[1] = blocking_notifier_call_chain(&chain, 2, "0");
	note('|');
	blocking_notifier_chain_unregister(&chain, &nb[3]);
	blocking_notifier_call_chain(&chain, 2, "0");
	probe->value[2] = blocking_notifier_chain_unregister(&chain, &nb[3]);
	return 0;
}

int scene_sleep_in_atomic(void *unused)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	msleep(4);
	spin_unlock(&lock);
	msleep(4);
	return 0;
}

static int rcu_reader(void *data)
{
	int i;

	rcu_read_lock();
	note('r');
	for (i = 0; i < 200; i++) {
		charge_ns(LEDGER_PROGRAM, 100 * 1000);
		cpu_sync();
	}
	note('e');
	rcu_read_unlock();
	return 0;
}

int scene_rcu(void *unused)
{
	s64 start;

	kthread_run(rcu_reader, NULL, "reader");
	msleep(4);
	start = ktime_get();
	synchronize_rcu();
	note('s');
	probe->value[0] = ktime_get() - start;
	return 0;
}

int scene_ratelimit(void *unused)
{
	char name[8];
	int i;

	for (i = 0; i < 90; i++) {
		if (i == 30)
			probe->value[0] = probe->lines;
		if (i == 60) {
			probe->value[1] = probe->lines;
			msleep(5100);
		}
		pr_info_ratelimited("line %d\n", i);
	}
	probe->value[2] = probe->lines;
	pr_info_ratelimited("another place\n");
	probe->value[3] = probe->lines;
	/* The name of a file is in the memory of a module, which goes, and is loaded elsewhere. */
	strcpy(name, "gone.c");
	for (i = 0; i < 10; i++)
		__printk_ratelimit(name, 1);
	strcpy(name, "else.c");
	probe->value[4] = __printk_ratelimit("gone.c", 1);
	probe->value[5] = __printk_ratelimit(name, 1);
	return 0;
}

static int set_param(const struct kernel_param_ops *ops, void *arg, const char *text)
{
	const struct kernel_param kp = { .name = "p", .ops = ops, .arg = arg };

	return ops->set(text, &kp);
}

int scene_params(void *unused)
{
	static const char *const bad[] = { "", "12x", "1 2", "x", "4294967296", "0x" };
	unsigned int u = 7, i;
	int64_t *value = probe->value;
	bool b = false;
	int n = 7;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		value[0] += set_param(&param_ops_uint, &u, bad[i]) < 0;
		value[1] += set_param(&param_ops_int, &n, bad[i]) < 0;
	}
	value[2] = u == 7 && n == 7;
	value[3] = set_param(&param_ops_uint, &u, "-1") < 0 && u == 7;
	value[4] = set_param(&param_ops_int, &n, "2147483648") < 0 && n == 7;
	value[5] = !set_param(&param_ops_uint, &u, "4294967295\n") && u == 4294967295u;
	value[6] = !set_param(&param_ops_int, &n, "-2147483648") && n == INT_MIN;
	value[7] = !set_param(&param_ops_uint, &u, "0x20") && u == 32;
	value[8] = !set_param(&param_ops_uint, &u, "020") && u == 16;
	value[9] = !set_param(&param_ops_bool, &b, "Y") && b;
	value[10] = !set_param(&param_ops_bool, &b, "off") && !b;
	value[11] = !set_param(&param_ops_bool, &b, NULL) && b;
	value[12] = set_param(&param_ops_bool, &b, "maybe") < 0 && b;
	value[13] = !set_param(&param_ops_bool, &b, "0") && !b;
	return 0;
}

/* Longer than what is kept of it. */
int scene_long_warning(void *unused)
{
	char text[900];
	unsigned int i;

	for (i = 0; i + 8 < sizeof(text); i += 7)
		snprintf(text + i, sizeof(text) - i, "word%02u ", i / 7 % 100);
	kernel_warned(text);
	return 0;
}
