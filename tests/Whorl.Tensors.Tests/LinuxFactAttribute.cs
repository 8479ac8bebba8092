namespace Whorl.Tensors.Tests;

/// <summary>A test of what only Linux tells of a process.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = OperatingSystem.IsLinux() ? null : "only Linux tells in /proc how much memory a process holds";
}
