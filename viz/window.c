// SPDX-License-Identifier: GPL-2.0-only
/*
 * The window; see window.h.  It draws when something has happened and sleeps otherwise; while a
 * trace is being read it looks ten times a second how far that is.
 */
#include "window.h"

#include <SDL.h>
#include <SDL_syswm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view_check.h"
#include "frame.h"
#include "input.h"

#define POLL_MS 100
#define PLAY_MS 40

struct window {
	SDL_Window *window;
	struct canvas canvas;
	struct input in;
	SDL_Keymod mod;		/* after the last key: SDL_GetModState() is ahead of the events */
	bool dirty, reading;
};

static void present(struct window *w)
{
	SDL_Surface *to = SDL_GetWindowSurface(w->window), *from;

	if (!to)
		return;
	from = SDL_CreateRGBSurfaceWithFormatFrom(w->canvas.px, w->canvas.width, w->canvas.height,
						  32, w->canvas.width * 4, SDL_PIXELFORMAT_RGB888);
	if (!from)
		return;
	SDL_BlitSurface(from, NULL, to, NULL);
	SDL_UpdateWindowSurface(w->window);
	SDL_FreeSurface(from);
}

static void draw(struct window *w)
{
	struct view *v = w->in.v;

	if (w->canvas.width != v->width || w->canvas.height != v->height) {
		canvas_free(&w->canvas);
		canvas_init(&w->canvas, v->width, v->height);
	}
	frame_draw(&w->canvas, v, w->in.source, w->in.nr_sources);
	present(w);
	w->dirty = false;
}

static int key_of(SDL_Keycode sym)
{
	switch (sym) {
	case SDLK_LEFT:
		return KEY_LEFT;
	case SDLK_RIGHT:
		return KEY_RIGHT;
	case SDLK_UP:
		return KEY_UP;
	case SDLK_DOWN:
		return KEY_DOWN;
	case SDLK_HOME:
		return KEY_HOME;
	case SDLK_PAGEUP:
		return KEY_PAGE_UP;
	case SDLK_PAGEDOWN:
		return KEY_PAGE_DOWN;
	case SDLK_ESCAPE:
		return KEY_ESCAPE;
	case SDLK_RETURN:
	case SDLK_KP_ENTER:
		return KEY_RETURN;
	case SDLK_BACKSPACE:
		return KEY_BACKSPACE;
	case SDLK_TAB:
		return KEY_TAB;
	case SDLK_KP_PLUS:
		return '+';
	case SDLK_KP_MINUS:
		return '-';
	default:
		return sym < 128 ? (int)sym : 0;
	}
}

/* False: nothing for input.c. */
static bool translate(struct window *w, const SDL_Event *e, struct input_event *to)
{
	if (e->type == SDL_KEYDOWN || e->type == SDL_KEYUP)
		w->mod = e->key.keysym.mod;
	*to = (struct input_event){ .ctrl = w->mod & KMOD_CTRL, .shift = w->mod & KMOD_SHIFT };
	switch (e->type) {
	case SDL_KEYDOWN:
		to->kind = INPUT_KEY;
		to->key = key_of(e->key.keysym.sym);
		return to->key;
	case SDL_TEXTINPUT:
		to->kind = INPUT_TEXT;
		to->text = e->text.text;
		return true;
	case SDL_MOUSEWHEEL:
		to->kind = INPUT_WHEEL;
		to->wheel = e->wheel.y;
		to->x = w->in.pointer_x;
		to->y = w->in.pointer_y;
		return to->wheel;
	case SDL_MOUSEBUTTONDOWN:
	case SDL_MOUSEBUTTONUP:
		to->kind = e->type == SDL_MOUSEBUTTONDOWN ? INPUT_PRESS : INPUT_RELEASE;
		to->x = e->button.x;
		to->y = e->button.y;
		to->clicks = e->button.clicks;
		return e->button.button == SDL_BUTTON_LEFT;
	case SDL_MOUSEMOTION:
		to->kind = INPUT_MOVE;
		to->x = e->motion.x;
		to->y = e->motion.y;
		return true;
	default:
		return false;
	}
}

static void window_event(struct window *w, const SDL_WindowEvent *e)
{
	if (e->event == SDL_WINDOWEVENT_SIZE_CHANGED && e->data1 > 0 && e->data2 > 0) {
		w->in.v->width = e->data1;
		w->in.v->height = e->data2;
	}
	w->dirty = true;
}

static void handle(struct window *w, const SDL_Event *e)
{
	struct input_event event;

	if (e->type == SDL_QUIT)
		w->in.quit = true;
	else if (e->type == SDL_WINDOWEVENT)
		window_event(w, &e->window);
	else if (translate(w, e, &event) && input_handle(&w->in, &event))
		w->dirty = true;
	if (w->in.copy) {
		SDL_SetClipboardText(w->in.copy);
		free(w->in.copy);
		w->in.copy = NULL;
	}
}

/* Whether a trace is still being read. */
static bool poll_sources(struct window *w)
{
	struct source *source = w->in.source;
	bool reading = false;
	uint64_t end;

	for (unsigned int i = 0; i < w->in.nr_sources; i++) {
		w->dirty |= source_poll(&source[i]);
		reading |= source[i].build != NULL;
	}
	end = sources_end(source, w->in.nr_sources);
	if (w->reading && !reading)
		view_check(w->in.v, source, w->in.nr_sources, w->in.v->message,
			   sizeof(w->in.v->message));
	w->reading = reading;
	if (end > w->in.v->end)
		view_end(w->in.v, end);
	return reading;
}

static void loop(struct window *w)
{
	while (!w->in.quit) {
		bool reading = poll_sources(w);
		SDL_Event e;

		if (w->dirty)
			draw(w);
		if (w->in.v->playing) {
			w->dirty = input_play(&w->in);
			reading = true;
		}
		if (reading ? !SDL_WaitEventTimeout(&e, w->dirty ? PLAY_MS : POLL_MS) :
		    !SDL_WaitEvent(&e))
			continue;
		do
			handle(w, &e);
		while (SDL_PollEvent(&e));
	}
}

#ifdef SDL_VIDEO_DRIVER_X11
static XErrorHandler other_errors;

static int ignore_gone(Display *display, XErrorEvent *e)
{
	return e->error_code == BadWindow ? 0 : other_errors(display, e);
}

/*
 * SDL answers who pastes what was copied.  When that one's window is gone by then, Xlib would end
 * the program.  SDL has loaded Xlib, so here it is not linked either.
 */
static void outlive_others(void)
{
	const char *driver = SDL_GetCurrentVideoDriver();
	void *xlib = driver && !strcmp(driver, "x11") ? SDL_LoadObject("libX11.so.6") : NULL;
	XErrorHandler (*set)(XErrorHandler) = xlib ? SDL_LoadFunction(xlib, "XSetErrorHandler") :
						     NULL;

	if (set)
		other_errors = set(ignore_gone);
}
#else
static void outlive_others(void)
{
}
#endif

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

int window_run(struct view *v, struct source *source, unsigned int nr_sources)
{
	struct window w = { .in = { .v = v, .source = source, .nr_sources = nr_sources },
			    .dirty = true };

	if (!is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY") && !is_set("SDL_VIDEODRIVER")) {
		fprintf(stderr, "ballast-view: there is no display; --screenshot FILE needs "
				"none\n");
		return 2;
	}
	if (SDL_Init(SDL_INIT_VIDEO)) {
		fprintf(stderr, "ballast-view: %s; --screenshot FILE needs no display\n",
			SDL_GetError());
		return 2;
	}
	w.window =
		SDL_CreateWindow("ballast-view", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED,
				 v->width, v->height, SDL_WINDOW_RESIZABLE);
	if (!w.window) {
		fprintf(stderr, "ballast-view: %s\n", SDL_GetError());
		SDL_Quit();
		return 2;
	}
	SDL_SetWindowMinimumSize(w.window, 640, 360);
	SDL_GetWindowSize(w.window, &v->width, &v->height);
	SDL_StartTextInput();
	outlive_others();
	loop(&w);
	free(w.in.copy);
	canvas_free(&w.canvas);
	SDL_DestroyWindow(w.window);
	SDL_Quit();
	return 0;
}
