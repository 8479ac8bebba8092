namespace Whorl.Cli.Tests.Chat;

/// <summary>A test on a pseudo-terminal, which <c>script</c> of util-linux makes; skipped with the reason elsewhere.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PseudoTerminalFactAttribute : FactAttribute
{
    public PseudoTerminalFactAttribute() => Skip = !OperatingSystem.IsLinux() ? "'script' takes other arguments here"
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "script"))) ? null
        : "there is no 'script' here: install util-linux";
}
