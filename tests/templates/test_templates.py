"""What is generated passes the build of each template that people start a Tauri app from.

The templates are those of create-tauri-app, with the client of `contract.py` and an app of ours
put in. What they need is installed once, by the lock file beside this module, into a folder above
all of them, where Node looks too.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from tests.pages import CHECKOUT, succeed

pytestmark = [pytest.mark.once, pytest.mark.process]

HERE: Final = Path(__file__).parent
CREATE: Final = "create-tauri-app@4.7.4"
ESBUILD: Final = CHECKOUT / "frontend-adapter" / "node_modules" / ".bin" / "esbuild"

CONTRACTS: Final = ("contract:StudioAPI", "contract:PlainAPI", "contract:DatedAPI")

NOT_INSTALLED: Final = {"@tauri-apps/cli"}
"""Builds the app around the page, and comes with a program for each system."""


class Template(NamedTuple):
    component: str
    """Ours, and what it replaces."""
    replaced: str
    entry: str
    """What is replaced for an app without components, and by what."""
    imports: str = 'import "./{app}";\n'
    out: str = "dist"
    check: str | None = None
    """The script that checks types, where `build` does not."""


TEMPLATES: Final = {
    "vanilla-ts": Template("main.ts", "src/main.ts", "src/main.ts"),
    "react-ts": Template("App.tsx", "src/App.tsx", "src/main.tsx"),
    "vue-ts": Template("App.vue", "src/App.vue", "src/main.ts"),
    "svelte-ts": Template(
        *("page.svelte", "src/routes/+page.svelte", "src/routes/+page.svelte"),
        imports='<script lang="ts">\n  import "../{app}";\n</script>\n',
        out="build",
        check="check",
    ),
}

FEATURES: Final = {
    *("dialogs.ts", "dialogs.types.js", "studio.ts", "studio.types.js", "runtime/declared.js"),
    *(
        f"runtime/{name}.ts"
        for name in (
            *("batches", "callbacks", "codecs", "codecs-role", "codecs-text", "events", "expose"),
            *("io/tauri-shell", "mismatch", "producers", "progress", "pull", "roles", "safe"),
            *("serving", "streams", "tokens"),
        )
    ),
}
"""The modules that are in a bundle for what an app uses, and not for every app."""

CODECS: Final = {"a Date", "a Uint8Array", "a bigint", "a number of milliseconds"}
"""What each of the codecs says: they share a module."""

APPS: Final[dict[str, tuple[set[str], set[str]]]] = {
    "full": (FEATURES, CODECS),
    "plain": (set(), set()),
    "dated": (
        {f"runtime/{name}.ts" for name in ("codecs-role", "codecs-text", "mismatch", "roles")},
        {"a Date"},
    ),
}
"""What is in the bundle of each app, of `FEATURES` and of `CODECS`."""


class App(NamedTuple):
    """A template with the client and an app of ours in it, installed."""

    folder: Path
    template: Template

    def run(self, program: str, *arguments: str) -> str:
        """Run one of the programs that are installed for it."""
        bin_ = self.folder.parent / "node_modules" / ".bin"
        return succeed([str(bin_ / program), *arguments], self.folder)

    def build(self, app: str) -> Path:
        """Return where the bundle of one of the apps is, with its maps."""
        out = self.folder / f"bundle-{app}"
        if not out.exists():
            if app == "full":
                succeed(["npm", "run", "build", "--", "--sourcemap"], self.folder)
            else:
                entry = self.folder / self.template.entry
                kept = entry.read_text("utf-8")
                entry.write_text(self.template.imports.format(app=app), "utf-8")
                self.run("vite", "build", "--sourcemap")
                entry.write_text(kept, "utf-8")
            (self.folder / self.template.out).rename(out)
        return out

    def bundle(self, app: str) -> str:
        texts = [path.read_text("utf-8") for path in sorted(self.build(app).rglob("*.js"))]
        assert texts
        return "\n".join(texts)

    def modules(self, app: str) -> set[str]:
        """Return which of the generated modules there is anything of in a bundle."""
        sources: list[str] = []
        for path in self.build(app).rglob("*.js.map"):
            sources += json.loads(path.read_text("utf-8"))["sources"]
        return {name for source in sources for name in re.findall(r"/src/rpc/(.+)$", source)}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder above the apps, with what they need and the client in it."""
    folder = tmp_path_factory.mktemp("templates")
    for name in ("package.json", "package-lock.json", ".npmrc", "contract.py"):
        shutil.copy(HERE / name, folder)
    quiet = ["--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"]
    succeed(["npm", "ci", *quiet], folder)
    end = ["--frontend", "contract:DialogsAPI", "--out", "rpc", "--io", "tauri-event,tauri-shell"]
    succeed(["rpc-worker", "generate", *CONTRACTS, *end], folder)
    return folder


@pytest.fixture(scope="module", params=TEMPLATES)
def app(request: pytest.FixtureRequest, home: Path) -> App:
    name: str = request.param
    template = TEMPLATES[name]
    succeed(["npx", "--yes", CREATE, name, "-y", "-t", name, "-m", "npm"], home)
    folder = home / name
    shutil.copytree(home / "rpc", folder / "src" / "rpc")
    for file in ("client.ts", "plain.ts", "dated.ts"):
        shutil.copy(HERE / "apps" / file, folder / "src")
    shutil.copy(HERE / "apps" / template.component, folder / template.replaced)
    return App(folder, template)


def test_what_the_template_asks_for_is_what_is_installed(app: App) -> None:
    installed = json.loads((HERE / "package.json").read_text("utf-8"))
    template = json.loads((app.folder / "package.json").read_text("utf-8"))
    for kind in ("dependencies", "devDependencies"):
        asked = {k: v for k, v in template[kind].items() if k not in NOT_INSTALLED}
        assert asked == {k: v for k, v in installed[kind].items() if k in asked}


def test_types_are_right_in_components(app: App) -> None:
    if app.template.check is not None:
        succeed(["npm", "run", app.template.check], app.folder)
    else:
        # Then they are looked at in each build.
        scripts = json.loads((app.folder / "package.json").read_text("utf-8"))["scripts"]
        assert scripts["build"].split("&&")[0].split()[0] in {"tsc", "vue-tsc"}


def test_the_build_passes(app: App) -> None:
    assert "StudioAPI" in app.bundle("full")


def test_every_strict_flag_may_be_set(app: App) -> None:
    """With the template's own target, library and modules."""
    ours = json.loads((CHECKOUT / "frontend-adapter" / "tsconfig.json").read_text("utf-8"))
    where = {"target", "lib", "module", "moduleResolution", "types", "skipLibCheck"}
    options: dict[str, Any] = {
        **{k: v for k, v in ours["compilerOptions"].items() if k not in where},
        # isolatedDeclarations is refused where JavaScript is compiled as well.
        "allowJs": False,
        "checkJs": False,
    }
    strict = {k for k, v in options.items() if v is True}
    assert strict >= {"verbatimModuleSyntax", "isolatedDeclarations", "erasableSyntaxOnly"}
    files = ["src/rpc", *(f"src/{name}.ts" for name in ("client", "plain", "dated"))]
    config = {"extends": "./tsconfig.json", "compilerOptions": options, "include": files}
    (app.folder / "tsconfig.strict.json").write_text(json.dumps(config))
    assert app.run("tsc", "-p", "tsconfig.strict.json") == ""


@pytest.mark.parametrize("name", APPS)
def test_a_bundle_holds_what_is_used(app: App, name: str) -> None:
    features, codecs = APPS[name]
    assert app.modules(name) & FEATURES == features
    bundle = app.bundle(name)
    assert {text for text in CODECS if text in bundle} == codecs


def test_nothing_is_left_of_hot_module_replacement(app: App) -> None:
    assert "meta.hot" in (app.folder / "src" / "plain.ts").read_text("utf-8")
    assert "meta.hot" not in app.bundle("plain")
    assert "data.channel" not in app.bundle("plain")


def test_nothing_awaits_at_the_top(app: App) -> None:
    """Which engines of 2020 do not know, and esbuild therefore refuses for them."""
    for path in app.build("full").rglob("*.js"):
        succeed(
            [str(ESBUILD), "--target=es2020", "--format=esm", "--log-level=error", str(path)],
            app.folder,
        )
