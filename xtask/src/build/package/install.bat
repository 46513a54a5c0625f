@echo off
rem Installs Songweave for the user who runs this; no administrator is needed.
setlocal
set "plugins=%LOCALAPPDATA%\Programs\Common"
set "program=%LOCALAPPDATA%\Programs\Songweave"
if not exist "%plugins%\CLAP" mkdir "%plugins%\CLAP"
if not exist "%plugins%\VST3" mkdir "%plugins%\VST3"
if not exist "%program%" mkdir "%program%"
copy /y "%~dp0Songweave.clap" "%plugins%\CLAP\" >nul || goto failed
xcopy /e /i /y /q "%~dp0Songweave.vst3" "%plugins%\VST3\Songweave.vst3" >nul || goto failed
rem Windows shows a folder's own icon where the folder is marked like this.
attrib +r "%plugins%\VST3\Songweave.vst3"
copy /y "%~dp0songweave.exe" "%program%\" >nul || goto failed
echo installed %plugins%\CLAP\Songweave.clap
echo installed %plugins%\VST3\Songweave.vst3
echo installed %program%\songweave.exe
exit /b 0
:failed
echo Something could not be copied. Close programs that have Songweave open, and try again.
exit /b 1
