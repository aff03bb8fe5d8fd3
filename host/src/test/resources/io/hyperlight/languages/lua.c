/* For Libraries. */

#include <lua5.4/lua.h>
#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>
#include <stdio.h>

static lua_State *state;

/* What a script returns, or its error. */
static const char *results_of(const char *script)
{
    if (state == NULL) {
        state = luaL_newstate();
        luaL_openlibs(state);
    }
    lua_settop(state, 0);
    if (luaL_loadstring(state, script) != LUA_OK || lua_pcall(state, 0, LUA_MULTRET, 0) != LUA_OK) {
        return lua_pushfstring(state, "error: %s", luaL_tolstring(state, -1, NULL));
    }
    int count = lua_gettop(state);
    luaL_Buffer text;
    luaL_buffinit(state, &text);
    for (int i = 1; i <= count; i++) {
        luaL_addstring(&text, i == 1 ? "" : " ");
        luaL_tolstring(state, i, NULL);
        luaL_addvalue(&text);
    }
    luaL_pushresult(&text);
    return lua_tostring(state, -1);
}
