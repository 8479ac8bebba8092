using System.CommandLine;
using Microsoft.Extensions.Logging;
using Whorl.Cli.Output;

namespace Whorl.Cli.Arguments;

/// <summary>How much a server tells of what it does, on standard error.</summary>
internal sealed class LogArguments
{
    private static readonly (string Name, LogLevel Level)[] Levels =
    [
        ("debug", LogLevel.Debug), ("info", LogLevel.Information), ("warning", LogLevel.Warning), ("error", LogLevel.Error), ("none", LogLevel.None),
    ];

    private readonly Option<bool> _verbose = new("--verbose") { Description = "Tell everything: --log-level debug." };

    private readonly Option<string> _level = Check.OneOf(
        new Option<string>("--log-level") { Description = "What is told on standard error.", DefaultValueFactory = _ => "info" },
        [.. Levels.Select(level => level.Name)]);

    public void AddTo(Command command)
    {
        command.Add(_verbose);
        command.Add(_level);
    }

    public ILogger Read(ParseResult result)
    {
        string name = result.GetValue(_level)!;
        LogLevel level = result.GetValue(_verbose) ? LogLevel.Debug : Levels.Single(level => level.Name == name).Level;
        return new ConsoleLog(Console.Error, level, TimeProvider.System);
    }
}
